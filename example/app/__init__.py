"""The example service: one small web application, so that there is something real to build and start."""
