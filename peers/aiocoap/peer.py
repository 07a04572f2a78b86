"""A CoAP endpoint on aiocoap that serves and asks at the same time; README.md lists options and commands."""

import argparse
import asyncio
import ssl
import sys

import aiocoap
from aiocoap import resource
from aiocoap.credentials import CredentialsMap, TLSCert
from aiocoap.oscore import FilesystemSecurityContext
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper


def say(*words):
    print(*words, flush=True)


def told(message):
    """A message in one line: its code, and its payload if it is text."""
    return f"{message.code.dotted} {message.payload.decode('utf8', 'replace')}".strip()


class Value(resource.ObservableResource):
    """A text that can be read, observed, written and posted to."""

    def __init__(self, path, text):
        super().__init__()
        self.path = path
        self.payload = text.encode()

    def set(self, payload):
        self.payload = payload
        self.updated_state()

    async def render_get(self, request):
        return aiocoap.Message(payload=self.payload, content_format=0)

    async def render_put(self, request):
        say("got", "PUT", self.path, request.payload.decode("utf8", "replace"))
        self.set(request.payload)
        return aiocoap.Message(code=aiocoap.CHANGED)

    async def render_post(self, request):
        say("got", "POST", self.path, request.payload.decode("utf8", "replace"))
        return aiocoap.Message(code=aiocoap.CHANGED, payload=request.payload)


class Peer:
    def __init__(self, options):
        self.options = options
        self.site = resource.Site()
        self.values = {}
        self.credentials = CredentialsMap()
        self.observations = set()

    async def open(self):
        o = self.options
        site = self.site
        if o.oscore:
            context = FilesystemSecurityContext(o.oscore)
            self.credentials[":own"] = context
            site = OscoreSiteWrapper(site, self.credentials)
        tls = None
        if o.certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(o.certificate, o.key)
            tls.set_alpn_protocols(["coap"])
        stream = (["tlsserver"] if tls else ["tcpserver"]) if o.listen else []
        transports = {"udp": ["udp6"], "tcp": ["tcpclient", *stream], "tls": ["tlsclient", *stream]}[o.transport]
        # aiocoap adds the distance of the default ports to the port of a TLS server.
        port = o.port - 1 if o.transport == "tls" and o.port else o.port
        self.context = await aiocoap.Context.create_server_context(
            site,
            bind=("127.0.0.1", port),
            server_credentials=self.credentials,
            transports=(["oscore"] if o.oscore else []) + transports,
            _ssl_context=tls,
        )
        if o.to and o.oscore:
            self.context.client_credentials[o.to + "/*"] = context
        if o.to and o.ca:
            self.context.client_credentials[o.to + "/*"] = TLSCert(o.ca)
        say("ready", o.port)

    def set(self, path, text):
        if path in self.values:
            self.values[path].set(text.encode())
            return
        value = self.values[path] = Value(path, text)
        self.site.add_resource(path.strip("/").split("/"), value)

    async def ask(self, verb, path, text):
        code = aiocoap.FETCH if verb == "fetch" else getattr(aiocoap, "GET" if verb == "observe" else verb.upper())
        request = aiocoap.Message(code=code, uri=self.options.to + path, payload=text.encode())
        if path.startswith("/rd") and text:
            request.opt.content_format = 40
        if verb == "observe":
            request.opt.observe = 0
        try:
            exchange = self.context.request(request)
            response = await asyncio.wait_for(exchange.response, 20)
            location = "".join("/" + part for part in response.opt.location_path)
            say(told(response) + (f" at {location}" if location else ""))
            if verb == "observe" and exchange.observation is not None:
                self.observations.add(asyncio.create_task(self.follow(exchange.observation)))
        except Exception as error:  # whatever it is, the test is to see it
            say("failed", repr(error))

    async def follow(self, observation):
        try:
            async for message in observation:
                say("notified", told(message))
        except Exception as error:  # likewise
            say("ended", repr(error))

    async def run(self):
        await self.open()
        self.set("/hello", "hello")
        self.set("/large", "0123456789" * 300)
        reader = asyncio.StreamReader()
        await asyncio.get_event_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).decode().rstrip("\n"):
            verb, path, *rest = line.split(" ", 2)
            text = rest[0] if rest else ""
            if verb == "set":
                self.set(path, text)
                say("set", path)
            else:
                await self.ask(verb, path, text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["udp", "tcp", "tls"], default="udp")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--listen", action="store_true")
    parser.add_argument("--to")
    parser.add_argument("--oscore")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--ca")
    asyncio.run(Peer(parser.parse_args()).run())


main()
