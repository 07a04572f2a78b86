package dev.reeve.peers.leshan15;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.leshan.server.californium.bootstrap.LeshanBootstrapServer;
import org.eclipse.leshan.server.californium.bootstrap.LeshanBootstrapServerBuilder;

/**
 * A LwM2M bootstrap server on Leshan over coap and coaps. README.md beside the sources lists its options, input and
 * events.
 */
public final class BootstrapServer {
    private BootstrapServer() {
    }

    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        Events events = new Events();
        Devices devices = new Devices();
        LeshanBootstrapServer server = build(options(arguments), devices, events);
        server.start();
        events.emit("listening", Map.of("coap", "coap://" + address(server.getUnsecuredAddress()),
                "coaps", "coaps://" + address(server.getSecuredAddress())));
        ObjectMapper mapper = new ObjectMapper();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null && !line.equals("quit"); line = input.readLine()) {
            Device device = mapper.readValue(line, Device.class);
            devices.put(device);
            events.emit("known", Map.of("endpoint", device.endpoint()));
        }
        server.destroy();
        System.exit(0);
    }

    private static LeshanBootstrapServer build(Map<String, String> options, Devices devices, Events events)
            throws IOException, GeneralSecurityException {
        LeshanBootstrapServerBuilder builder = new LeshanBootstrapServerBuilder()
                .setLocalAddress(new InetSocketAddress("127.0.0.1", 0))
                .setLocalSecureAddress(new InetSocketAddress("127.0.0.1", 0))
                .setConfigStore(devices)
                .setSecurityStore(devices)
                .setSessionManager(new Sessions(devices, events));
        if (options.containsKey("private-key")) {
            builder.setPrivateKey(KeyFactory.getInstance("EC")
                    .generatePrivate(new PKCS8EncodedKeySpec(pem(options.get("private-key")))));
        }
        if (options.containsKey("public-key")) {
            builder.setPublicKey(KeyFactory.getInstance("EC")
                    .generatePublic(new X509EncodedKeySpec(pem(options.get("public-key")))));
        }
        if (options.containsKey("certificate")) {
            builder.setCertificateChain(certificates(options.get("certificate")));
            builder.setTrustedCertificates(certificates(options.get("trust")));
        }
        return builder.build();
    }

    private static Map<String, String> options(String[] arguments) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i].substring("--".length()), arguments[i + 1]);
        }
        return options;
    }

    private static String address(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    private static byte[] pem(String file) throws IOException {
        return Base64.getMimeDecoder().decode(Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", ""));
    }

    private static X509Certificate[] certificates(String file) throws IOException, GeneralSecurityException {
        try (InputStream input = Files.newInputStream(Path.of(file))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(input).toArray(X509Certificate[]::new);
        }
    }
}
