package dev.reeve.peers.leshan;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.auth.RawPublicKeyIdentity;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.CertificateType;
import org.eclipse.californium.scandium.dtls.cipher.CipherSuite;
import org.eclipse.californium.scandium.dtls.pskstore.SinglePskStore;
import org.eclipse.californium.scandium.dtls.x509.SingleCertificateProvider;
import org.eclipse.californium.scandium.dtls.x509.StaticCertificateVerifier;

/**
 * A DTLS client or echo server on Scandium alone, Californium's DTLS; README.md beside the sources lists its options.
 * Both end with their standard input.
 */
public final class Echo {
    /** Begins a line that closes this client or server and opens another one with the options that follow. */
    private static final String OPEN = "!open ";
    private static final InetAddress HOST = InetAddress.getLoopbackAddress();

    private final DTLSConnector connector;
    private final InetSocketAddress server;

    private Echo(Options options) throws IOException, GeneralSecurityException {
        boolean serves = options.has("server");
        server = new InetSocketAddress(HOST, options.integer("port", 0));
        connector = new DTLSConnector(configuration(options, serves ? DtlsRole.SERVER_ONLY : DtlsRole.CLIENT_ONLY,
                serves ? server : new InetSocketAddress(HOST, 0)));
        connector.setRawDataReceiver(serves ? this::answer : Echo::print);
        connector.start();
        if (serves) {
            System.out.println("ready " + connector.getAddress().getPort());
        }
    }

    private static DtlsConnectorConfig configuration(Options options, DtlsRole role, InetSocketAddress here)
            throws IOException, GeneralSecurityException {
        var builder = DtlsConnectorConfig.builder(new Configuration())
                .set(DtlsConfig.DTLS_ROLE, role)
                .set(DtlsConfig.DTLS_RECOMMENDED_CIPHER_SUITES_ONLY, false)
                .set(DtlsConfig.DTLS_RETRANSMISSION_TIMEOUT, 500, TimeUnit.MILLISECONDS)
                .set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1)
                .set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1)
                .set(DtlsConfig.DTLS_MAX_TRANSMISSION_UNIT, options.integer("mtu", 1200))
                .setAsList(DtlsConfig.DTLS_CIPHER_SUITES, CipherSuite.getTypeByName(options.required("suite")))
                .setAddress(here);
        if (options.has("groups")) {
            builder.setAsListFromText(DtlsConfig.DTLS_CURVES, options.required("groups").split(","));
        }
        if (options.has("cid")) {
            builder.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, options.integer("cid", 0));
        }
        if (options.has("psk")) {
            builder.setPskStore(new SinglePskStore(options.get("identity", ""),
                    HexFormat.of().parseHex(options.required("psk"))));
        }
        var verifier = new StaticCertificateVerifier.Builder();
        if (options.has("certificate")) {
            builder.setCertificateIdentityProvider(
                    new SingleCertificateProvider(Pem.privateKey(options.required("key")),
                            Pem.certificates(options.required("certificate")), CertificateType.X_509));
            verifier.setTrustedCertificates(Pem.certificates(options.required("ca")));
            builder.setCertificateVerifier(verifier.build());
        } else if (options.has("key")) {
            builder.setCertificateIdentityProvider(
                    new SingleCertificateProvider(Pem.privateKey(options.required("key")),
                            Pem.publicKey(options.required("public-key"))));
            verifier.setTrustedRPKs(new RawPublicKeyIdentity(Pem.publicKey(options.required("peer-key"))));
            builder.setCertificateVerifier(verifier.build());
        }
        return builder.build();
    }

    private void answer(RawData received) {
        connector.send(RawData.outbound(received.getBytes(), received.getEndpointContext(), null, false));
    }

    private static void print(RawData received) {
        System.out.write(received.getBytes(), 0, received.getSize());
        System.out.flush();
    }

    private void ask(String line) {
        if (line.equals("!resume")) {
            connector.forceResumeAllSessions();
        } else {
            connector.send(RawData.outbound((line + "\n").getBytes(StandardCharsets.UTF_8),
                    new AddressEndpointContext(server), null, false));
        }
    }

    private static Echo open(String[] arguments) throws IOException, GeneralSecurityException {
        return new Echo(new Options(arguments, Set.of("port", "suite", "groups", "identity", "psk", "certificate", "key",
                "ca", "public-key", "peer-key", "cid", "mtu"), Set.of("server")));
    }

    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        Echo echo = open(arguments);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            if (line.startsWith(OPEN)) {
                echo.connector.destroy();
                echo = open(line.substring(OPEN.length()).split(" "));
            } else {
                echo.ask(line);
            }
        }
        echo.connector.destroy();
        System.exit(0);
    }
}
