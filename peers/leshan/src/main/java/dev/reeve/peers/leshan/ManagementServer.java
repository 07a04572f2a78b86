package dev.reeve.peers.leshan;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.endpoint.LwM2mServerEndpoint;
import org.eclipse.leshan.server.endpoint.LwM2mServerEndpointsProvider;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

/**
 * A minimal LwM2M server on Leshan over coap and coaps: the other side for our client engine's
 * tests and the yardstick of the benchmarks. README.md beside the sources lists its commands and events.
 */
public final class ManagementServer {
    private ManagementServer() {
    }

    public static void main(String[] arguments)
            throws IOException, InterruptedException, GeneralSecurityException {
        Options options = new Options(arguments,
                Set.of("host", "coap-port", "coaps-port", "psk-file", "devices", "private-key", "public-key",
                        "raw-key-device", "device-key", "certificate", "trust", "certificate-device", "cid", "observe",
                        "read", "readers", "reads"),
                Set.of("quiet"));
        Events events = new Events();
        LeshanServer server = build(options);
        if (!options.has("quiet")) {
            ServerEvents listener = new ServerEvents(events);
            server.getRegistrationService().addListener(listener);
            server.getObservationService().addListener(listener);
            server.getSendService().addListener(new SendEvents(events));
        }
        if (options.has("observe")) {
            server.getRegistrationService().addListener(new ObserveOnRegister(server, options.required("observe")));
        }
        if (options.has("read")) {
            server.getRegistrationService().addListener(new ReadAgain(server, options.required("read"),
                    options.integer("readers", 1), options.integer("reads", 1)));
        }
        server.start();
        events.emit("listening", "coap", uri(server, Protocol.COAP), "coaps", uri(server, Protocol.COAPS));
        obeyUntilQuit(new ServerCommands(server, events));
        server.destroy();
        System.exit(0);
    }

    private static LeshanServer build(Options options) throws IOException, GeneralSecurityException {
        List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadAllDefault());
        models.add(LockAndWipe.model());
        LeshanServerBuilder builder = new LeshanServerBuilder()
                .setSecurityStore(credentials(options).store())
                .setObjectModelProvider(new VersionedModelProvider(models))
                .setEndpointsProviders(endpoints(options));
        if (options.has("private-key")) {
            builder.setPrivateKey(Pem.privateKey(options.required("private-key")));
        }
        if (options.has("public-key")) {
            builder.setPublicKey(Pem.publicKey(options.required("public-key")));
        }
        if (options.has("certificate")) {
            builder.setCertificateChain(Pem.certificates(options.required("certificate")));
            builder.setTrustedCertificates(Pem.certificates(options.required("trust")));
        }
        return builder.build();
    }

    private static Credentials credentials(Options options) throws IOException, GeneralSecurityException {
        Credentials credentials = new Credentials();
        if (options.has("psk-file")) {
            credentials.addFile(Path.of(options.required("psk-file")));
        }
        credentials.addGenerated(options.integer("devices", 0));
        if (options.has("raw-key-device")) {
            credentials.addRawKey(options.required("raw-key-device"), Pem.publicKey(options.required("device-key")));
        }
        if (options.has("certificate-device")) {
            credentials.addCertificate(options.required("certificate-device"));
        }
        return credentials;
    }

    private static LwM2mServerEndpointsProvider endpoints(Options options) {
        String host = options.get("host", "127.0.0.1");
        var builder = new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider(),
                new CoapsServerProtocolProvider());
        Configuration configuration = builder.createDefaultConfiguration();
        options.connectionId(configuration);
        return builder.setConfiguration(configuration)
                .addEndpoint(new InetSocketAddress(host, options.integer("coap-port", 0)), Protocol.COAP)
                .addEndpoint(new InetSocketAddress(host, options.integer("coaps-port", 0)), Protocol.COAPS)
                .build();
    }

    /** @return the endpoint's address with the port that the system gave it */
    private static String uri(LeshanServer server, Protocol protocol) {
        LwM2mServerEndpoint endpoint = server.getEndpoint(protocol);
        return endpoint.getURI().toString();
    }

    private static void obeyUntilQuit(ServerCommands commands) throws IOException, InterruptedException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null && !line.equals("quit"); line = input.readLine()) {
            commands.obey(line);
        }
    }
}
