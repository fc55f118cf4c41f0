"""The HTTP API and the web application. Importing it loads no server; `facefusion.service.client` needs none."""
