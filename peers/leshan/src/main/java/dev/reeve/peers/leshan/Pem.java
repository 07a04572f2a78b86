package dev.reeve.peers.leshan;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/** Reads files in PEM: keys on elliptic curves (PKCS #8 and SubjectPublicKeyInfo) and certificates. */
final class Pem {
    private Pem() {
    }

    static PrivateKey privateKey(String file) throws IOException, GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(content(file)));
    }

    static PublicKey publicKey(String file) throws IOException, GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(content(file)));
    }

    /** @return every certificate of the file, in its order */
    static X509Certificate[] certificates(String file) throws IOException, GeneralSecurityException {
        try (InputStream input = Files.newInputStream(Path.of(file))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(input).toArray(X509Certificate[]::new);
        }
    }

    private static byte[] content(String file) throws IOException {
        return Base64.getMimeDecoder().decode(Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", ""));
    }
}
