package dev.reeve.peers.californium;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.server.resources.CoapExchange;
import org.eclipse.californium.cose.AlgorithmID;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.oscore.ContextRederivation;
import org.eclipse.californium.oscore.HashMapCtxDB;
import org.eclipse.californium.oscore.OSCoreCoapStackFactory;
import org.eclipse.californium.oscore.OSCoreCtx;

/** A CoAP endpoint that serves and asks at the same time, everything protected; README.md lists options and commands. */
public final class Peer {
    private static final int REPLAY_WINDOW = 32;
    private static final int MAX_UNFRAGMENTED = 4096;
    private static final long PATIENCE_MS = 10_000;

    private final String to;
    private final HashMapCtxDB contexts = new HashMapCtxDB();
    private final CoapServer server;
    private final CoapEndpoint endpoint;
    private final Map<String, Value> values = new HashMap<>();

    /** A text that can be read, observed and written. */
    private static final class Value extends CoapResource {
        private volatile String text;

        Value(String name) {
            super(name);
            setObservable(true);
        }

        @Override
        public void handleGET(CoapExchange exchange) {
            if (text == null) exchange.respond(ResponseCode.NOT_FOUND);
            else exchange.respond(ResponseCode.CONTENT, text, 0);
        }

        @Override
        public void handlePUT(CoapExchange exchange) {
            say("got PUT " + getURI() + " " + exchange.getRequestText());
            set(exchange.getRequestText());
            exchange.respond(ResponseCode.CHANGED);
        }

        void set(String value) {
            text = value;
            changed();
        }
    }

    private Peer(String to, Properties secret) throws Exception {
        this.to = to;
        CoapConfig.register();
        UdpConfig.register();
        Configuration configuration = Configuration.createStandardWithoutFile();
        OSCoreCoapStackFactory.useAsDefault(contexts);
        OSCoreCtx context = new OSCoreCtx(bytes(secret, "secret"), true, AlgorithmID.AES_CCM_16_64_128,
                bytes(secret, "sender-id"), bytes(secret, "recipient-id"), AlgorithmID.HKDF_HMAC_SHA_256,
                REPLAY_WINDOW, bytes(secret, "salt"), null, MAX_UNFRAGMENTED);
        context.setContextRederivationEnabled(true);
        contexts.addContext(to, context);
        ContextRederivation.setLostContext(contexts, to);
        endpoint = CoapEndpoint.builder().setConfiguration(configuration)
                .setInetSocketAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).build();
        server = new CoapServer(configuration);
        server.addEndpoint(endpoint);
        server.start();
    }

    private static byte[] bytes(Properties secret, String name) {
        return HexFormat.of().parseHex(secret.getProperty(name, ""));
    }

    private static synchronized void say(String line) {
        System.out.println(line);
    }

    private void set(String path, String text) {
        values.computeIfAbsent(path, this::add).set(text);
    }

    private Value add(String path) {
        CoapResource parent = (CoapResource) server.getRoot();
        String[] segments = path.substring(1).split("/");
        for (int i = 0; i < segments.length; i++) {
            CoapResource child = (CoapResource) parent.getChild(segments[i]);
            if (child == null) {
                child = new Value(segments[i]);
                parent.add(child);
            }
            parent = child;
        }
        return (Value) parent;
    }

    /** A request that the other side wants under other keys is made again by the application here, under those. */
    private void ask(Code code, String path, String text) throws InterruptedException {
        Response response = exchange(code, path, text);
        if (response != null && response.getCode() == ResponseCode.UNAUTHORIZED) response = exchange(code, path, text);
        if (response == null) {
            say("failed no answer");
            return;
        }
        String location = response.getOptions().getLocationPathString();
        String told = (response.getCode() + " " + response.getPayloadString()).trim();
        say(location.isEmpty() ? told : told + " at /" + location);
    }

    private Response exchange(Code code, String path, String text) throws InterruptedException {
        Request request = new Request(code);
        request.setURI(to + path);
        request.getOptions().setOscore(new byte[0]);
        if (!text.isEmpty()) request.setPayload(text);
        if (path.startsWith("/rd") && !text.isEmpty()) request.getOptions().setContentFormat(40);
        request.send(endpoint);
        return request.waitForResponse(PATIENCE_MS);
    }

    private void obey(String line) throws InterruptedException {
        String[] words = line.split(" ", 3);
        String text = words.length > 2 ? words[2] : "";
        if (words[0].equals("set")) {
            set(words[1], text);
            say("set " + words[1]);
        } else {
            ask(Code.valueOf(words[0].toUpperCase()), words[1], text);
        }
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
        Properties secret = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(options.get("--oscore")))) {
            secret.load(reader);
        }
        Peer peer = new Peer(options.get("--to"), secret);
        say("ready " + peer.endpoint.getAddress().getPort());
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) peer.obey(line);
        System.exit(0);
    }
}
