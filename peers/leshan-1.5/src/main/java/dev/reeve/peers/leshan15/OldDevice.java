package dev.reeve.peers.leshan15;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.eclipse.leshan.client.californium.LeshanClient;
import org.eclipse.leshan.client.californium.LeshanClientBuilder;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.servers.ServerIdentity;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.RegisterRequest;

/** A device of LwM2M 1.0 with the objects 0, 1 and 3. README.md beside the sources lists its options, input and events. */
public final class OldDevice {
    private static final int SHORT_SERVER_ID = 1;
    private static final long LIFETIME_S = 300;

    private OldDevice() {
    }

    public static void main(String[] arguments) throws IOException {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i].substring("--".length()), arguments[i + 1]);
        }
        Events events = new Events();
        Truck truck = new Truck(events);
        ObjectsInitializer objects = new ObjectsInitializer();
        objects.setInstancesForObject(LwM2mId.SECURITY, security(options));
        objects.setInstancesForObject(LwM2mId.SERVER,
                new Server(SHORT_SERVER_ID, LIFETIME_S, BindingMode.U, false));
        objects.setInstancesForObject(LwM2mId.DEVICE, truck);
        // The library insists on knowing how to make more instances, even of an object that has one.
        objects.setFactoryForObject(LwM2mId.DEVICE, (model, id, used) -> {
            throw new UnsupportedOperationException("there is one device");
        });
        LeshanClient client = new LeshanClientBuilder(options.get("endpoint")).setObjects(objects.createAll()).build();
        client.addObserver(new LwM2mClientObserverAdapter() {
            @Override
            public void onRegistrationSuccess(ServerIdentity server, RegisterRequest request, String registration) {
                events.emit("registered", Map.of("location", registration));
            }
        });
        client.start();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null && !line.equals("quit"); line = input.readLine()) {
            truck.charge(Integer.parseInt(line.substring("battery ".length())));
        }
        client.destroy(true);
        System.exit(0);
    }

    private static Security security(Map<String, String> options) throws IOException {
        String server = options.get("server");
        if (!options.containsKey("identity")) {
            return Security.noSec(server, SHORT_SERVER_ID);
        }
        byte[] key = HexFormat.of().parseHex(Files.readString(Path.of(options.get("key-file"))).trim());
        return Security.psk(server, SHORT_SERVER_ID, options.get("identity").getBytes(StandardCharsets.UTF_8), key);
    }
}
