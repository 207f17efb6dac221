# Asks for one file of a package index, from inside a build step, and prints the headers that decide whether pip keeps it.
# Arguments: the start of each line that is printed, the file's name or address, the addresses of the indexes.
# It runs on any Python 3, and has no quotation mark of the shell in it.
import base64, configparser, html, os, re, ssl, sys
from email.utils import mktime_tz, parsedate_tz
from urllib.error import HTTPError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import BaseHandler, HTTPSHandler, Request, build_opener
mark, wanted, *indexes = sys.argv[1:]
config = configparser.RawConfigParser(strict=False)
home = os.path.expanduser("~")
files = ["/etc/pip.conf", home + "/.pip/pip.conf", home + "/.config/pip/pip.conf"]
for file in files + [sys.prefix + "/pip.conf", os.environ.get("PIP_CONFIG_FILE", "")]:
    try:
        config.read(file)
    except Exception:
        pass
def setting(name):
    own = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    found = [config.get(part, name, fallback="") for part in ("global", "install")]
    return " ".join([own or ""] + found).split()
def bare(url):
    return urlsplit(url)._replace(netloc=urlsplit(url).netloc.rpartition("@")[2], fragment="").geturl()
logins = {}
for url in setting("index-url") + setting("extra-index-url"):
    login, at, host = urlsplit(url).netloc.rpartition("@")
    if at:
        logins[host] = base64.b64encode(unquote(login).encode()).decode()
class Logins(BaseHandler):
    # Sees each request by itself, so that a login is not passed on when an index redirects to another host.
    def http_request(self, request):
        if request.host in logins:
            request.add_unredirected_header("Authorization", "Basic " + logins[request.host])
        return request
    https_request = http_request
def opened(url, **more):
    host, name = urlsplit(url).netloc, urlsplit(url).hostname
    headers = {"User-Agent": "pip/23.0", "Accept": "text/html, */*;q=0.1", "Accept-Encoding": "identity"}
    headers.update((name.replace("_", "-"), value) for name, value in more.items())
    certificates = [file for file in setting("cert") if os.path.exists(file)]
    context = ssl.create_default_context(cafile=certificates[0] if certificates else None)
    if {host, name, "[%s]" % name} & set(setting("trusted-host")):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    opener = build_opener(Logins, HTTPSHandler(context=context))
    return opener.open(Request(url, headers=headers), timeout=20)
def address():
    if "://" in wanted:
        return bare(wanted)
    project = re.sub("[-_.]+", "-", re.split("-[0-9]", wanted)[0]).lower()
    problem = ValueError("no index lists " + wanted)
    for index in indexes or ["https://pypi.org/simple"]:
        try:
            page = opened(bare(index).rstrip("/") + "/" + project + "/")
            for link in re.findall("href=[\"\x27]([^\"\x27]+)", page.read().decode("utf-8", "replace")):
                link = urljoin(page.geturl(), html.unescape(link))
                if unquote(urlsplit(link).path).rsplit("/", 1)[-1] == wanted:
                    return bare(link)
        except Exception as error:
            problem = error
    raise problem
try:
    url = address()
    answer = opened(url)
    print(mark, "answer", answer.status, urlsplit(answer.geturl()).netloc.rpartition("@")[2])
    for name in ("Cache-Control", "ETag", "Expires", "Date"):
        for value in answer.headers.get_all(name) or []:
            print(mark, "header", name + ":", value)
    times = [parsedate_tz(answer.headers.get(name) or "") for name in ("Date", "Expires")]
    if all(times):
        print(mark, "lasts", mktime_tz(times[1]) - mktime_tz(times[0]))
    if answer.headers.get("ETag"):
        try:
            again = opened(url, If_None_Match=answer.headers.get("ETag")).status
        except HTTPError as error:
            again = error.code
        print(mark, "again", again)
except Exception as error:
    print(mark, "failed", " ".join(str(error).split())[:200] or type(error).__name__)
