package dev.reeve.peers.leshan;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.NonUniqueSecurityInfoException;
import org.eclipse.leshan.servers.security.SecurityInfo;

/** Fills the server's store of what admits a device. The identity of a pre-shared key is the endpoint name. */
final class Credentials {
    private static final int KEY_LENGTH = 16;

    private final InMemorySecurityStore store = new InMemorySecurityStore();

    InMemorySecurityStore store() {
        return store;
    }

    /** @param file lines of the form {@code identity:hexkey} */
    void addFile(Path file) throws IOException {
        for (String line : Files.readAllLines(file)) {
            int colon = line.lastIndexOf(':');
            if (colon > 0) {
                add(line.substring(0, colon), HexFormat.of().parseHex(line.substring(colon + 1).trim()));
            }
        }
    }

    /**
     * Adds {@code device-0} to {@code device-(count-1)}; the key of each is the first 16 bytes of the SHA-256 of its
     * name. Anyone can compute these keys: they are for benchmarks.
     */
    void addGenerated(int count) {
        for (int i = 0; i < count; i++) {
            String name = "device-" + i;
            add(name, Arrays.copyOf(sha256(name), KEY_LENGTH));
        }
    }

    /** Admits a device with this raw public key. */
    void addRawKey(String endpoint, PublicKey key) {
        add(SecurityInfo.newRawPublicKeyInfo(endpoint, key));
    }

    /** Admits a device with a certificate whose common name is its endpoint name. */
    void addCertificate(String endpoint) {
        add(SecurityInfo.newX509CertInfo(endpoint));
    }

    private void add(String identity, byte[] key) {
        add(SecurityInfo.newPreSharedKeyInfo(identity, identity, key));
    }

    private void add(SecurityInfo info) {
        try {
            store.add(info);
        } catch (NonUniqueSecurityInfoException e) {
            throw new IllegalArgumentException("given twice: " + info.getEndpoint(), e);
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
