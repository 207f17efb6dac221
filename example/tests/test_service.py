"""Run inside the container, where Flask is: `docker compose run --rm api python -m unittest`."""

import unittest

from app.main import app


class ServiceTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = app.test_client()

    def test_index_greets(self) -> None:
        response = self.client.get("/")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json["message"], "hello from the example service")

    def test_numbers_are_described(self) -> None:
        response = self.client.get("/numbers")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json["mean"], 50.5)

    def test_health_is_ok(self) -> None:
        response = self.client.get("/health")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json, {"status": "ok"})


if __name__ == "__main__":
    unittest.main()
