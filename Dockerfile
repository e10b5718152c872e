# Spinmark in a container: the command line and the server. Nothing is fetched when it runs.
#
#   docker build -t spinmark .
#   docker run --rm -i --network none --read-only spinmark score < letter.txt
#   docker run --rm --network none -v "$PWD:/texts:ro" spinmark check notes.md
#
# The server, for this machine alone. The port must have the same number on both sides, since the server answers under
# the names it knows, 127.0.0.1:8712 among them. Inside it has to listen beyond loopback, so it asks for a token: give
# one, or read the one it made up in its first lines; the extension's options take it.
#
#   docker run --rm --read-only --cap-drop ALL --stop-timeout 35 -p 127.0.0.1:8712:8712 -e SPINMARK_TOKEN spinmark
#
# On Linux it can share the host's loopback instead, and then needs no token:
#
#   docker run --rm --read-only --cap-drop ALL --stop-timeout 35 --network host spinmark serve

# The minor version of Python that the tests run on.
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY model/spinmark model/spinmark
COPY server/spinmark_server server/spinmark_server
RUN python -m venv --without-pip /opt/spinmark \
    && python -m pip --python /opt/spinmark/bin/python install --no-cache-dir .

FROM python:3.11.14-slim-bookworm
COPY --from=build /opt/spinmark /opt/spinmark
ENV PATH=/opt/spinmark/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /texts
EXPOSE 8712
# The page opens without the token. A server on another port says so by SPINMARK_PORT.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('SPINMARK_PORT', '8712')), timeout=5); c.request('GET', '/'); r = c.getresponse(); raise SystemExit(0 if (r.status, r.getheader('Server')) == (200, 'Spinmark') else 1)"]
ENTRYPOINT ["spinmark"]
CMD ["serve", "--host", "0.0.0.0"]
