package dev.reeve.peers.leshan15;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import org.eclipse.leshan.server.bootstrap.BootstrapConfig;
import org.eclipse.leshan.server.security.SecurityInfo;

/**
 * A device that may bootstrap: a line of the program's input. Byte fields are base64.
 *
 * @param publicKey SubjectPublicKeyInfo of a device with a raw key
 * @param certificate whether its certificate, with the endpoint name as common name, admits it
 * @param config what it is told, in Leshan's own words
 */
record Device(String endpoint, Psk psk, byte[] publicKey, boolean certificate, BootstrapConfig config) {
    record Psk(String identity, byte[] key) {
    }

    /** @return by what it is known, null for a device without security */
    SecurityInfo security() throws GeneralSecurityException {
        if (psk != null) {
            return SecurityInfo.newPreSharedKeyInfo(endpoint, psk.identity(), psk.key());
        }
        if (publicKey != null) {
            return SecurityInfo.newRawPublicKeyInfo(endpoint,
                    KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(publicKey)));
        }
        return certificate ? SecurityInfo.newX509CertInfo(endpoint) : null;
    }
}
