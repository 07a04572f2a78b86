package dev.reeve.peers.leshan15;

import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.leshan.core.request.Identity;
import org.eclipse.leshan.server.bootstrap.BootstrapConfig;
import org.eclipse.leshan.server.bootstrap.BootstrapConfigStore;
import org.eclipse.leshan.server.bootstrap.BootstrapSession;
import org.eclipse.leshan.server.security.BootstrapSecurityStore;
import org.eclipse.leshan.server.security.SecurityInfo;

/** The devices that were named so far. Their configurations are not checked: a wrong one is a test's own wish. */
final class Devices implements BootstrapConfigStore, BootstrapSecurityStore {
    private final Map<String, BootstrapConfig> configs = new ConcurrentHashMap<>();
    private final Map<String, SecurityInfo> securities = new ConcurrentHashMap<>();

    /** A device with a name that is known already takes its place. */
    void put(Device device) throws GeneralSecurityException {
        SecurityInfo security = device.security();
        configs.put(device.endpoint(), device.config());
        if (security == null) {
            securities.remove(device.endpoint());
        } else {
            securities.put(device.endpoint(), security);
        }
    }

    @Override
    public BootstrapConfig get(String endpoint, Identity identity, BootstrapSession session) {
        return configs.get(endpoint);
    }

    @Override
    public List<SecurityInfo> getAllByEndpoint(String endpoint) {
        SecurityInfo security = securities.get(endpoint);
        return security == null ? List.of() : List.of(security);
    }

    @Override
    public SecurityInfo getByIdentity(String identity) {
        return securities.values().stream().filter(one -> identity.equals(one.getIdentity())).findFirst().orElse(null);
    }
}
