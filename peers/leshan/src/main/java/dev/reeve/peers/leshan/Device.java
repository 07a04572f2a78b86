package dev.reeve.peers.leshan;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.LwM2mInstanceEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.send.ManualDataSender;
import org.eclipse.leshan.client.send.NoDataException;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.CertificateUsage;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/**
 * An LwM2M device with the objects 0, 1, 3, 6 and 8, and 5 if it is to be updated, on the Leshan client. Lines on standard input drive it and
 * {@link Events} on standard output tell what happens; README.md beside the sources lists both. It ends with its input.
 */
public final class Device {
    private static final int SHORT_SERVER_ID = 123;
    private static final long SEND_TIMEOUT_MS = 10_000;
    /** Bytes of the largest body that it takes. */
    private static final int LARGEST_PACKAGE = 1 << 20;
    /** Sacramento. */
    private static final double LATITUDE = 38.5816;
    private static final double LONGITUDE = -121.4944;

    private final Events events = new Events();
    private final Tally tally = new Tally(events);
    private final Position position = new Position(LATITUDE, LONGITUDE);
    private final LockAndWipe lock = new LockAndWipe(events, tally);
    private final Vehicle vehicle;
    private final ManualDataSender collector = new ManualDataSender();
    private final Formats formats = new Formats();
    private final Sleep sleep;
    private final LeshanClient client;

    private Device(Options options) throws IOException, GeneralSecurityException {
        String endpoint = options.required("endpoint");
        vehicle = new Vehicle(tally, options.get("model", "Truck"), "SN-" + endpoint);
        boolean quickTimers = !options.has("default-timers");
        CaliforniumClientEndpointsProvider endpoints = endpoints(options, quickTimers);
        sleep = options.has("awake") ? new Sleep(options.integer("awake", 0)) : null;
        client = new LeshanClientBuilder(endpoint)
                .setObjects(objects(options))
                .setRegistrationEngineFactory(engine(options, quickTimers))
                .setEndpointsProviders(endpoints)
                .setEncoder(formats.encoder)
                .setDecoder(formats.decoder)
                .setDataSenders(collector)
                .build();
        client.addObserver(new RegistrationEvents(events));
        if (sleep != null) {
            client.addObserver(new LwM2mClientObserverAdapter() {
                @Override
                public void onRegistrationSuccess(LwM2mServer server, RegisterRequest request, String location) {
                    sleep.over(endpoints.getCoapServer().getEndpoints());
                }
            });
        }
    }

    private List<LwM2mObjectEnabler> objects(Options options) throws IOException, GeneralSecurityException {
        List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadDefault());
        models.add(LockAndWipe.model());
        models.add(Notes.model());
        if (options.has("every-type")) {
            models.addAll(EveryType.models());
        }
        ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(models));
        objects.setInstancesForObject(LwM2mId.SECURITY, security(options));
        if (options.has("bootstrap")) {
            objects.setClassForObject(LwM2mId.SERVER, Server.class);
        } else {
            objects.setInstancesForObject(LwM2mId.SERVER, new Server(SHORT_SERVER_ID,
                    options.integer("lifetime", 300), EnumSet.of(BindingMode.U), false, BindingMode.U));
        }
        addOnly(objects, LwM2mId.DEVICE, vehicle);
        addOnly(objects, LwM2mId.LOCATION, position);
        addOnly(objects, LockAndWipe.OBJECT_ID, lock);
        if (options.has("becomes")) {
            addOnly(objects, LwM2mId.FIRMWARE, new Firmware(events, vehicle, options.required("becomes")));
        }
        objects.setInstancesForObject(Notes.OBJECT_ID, Notes.first());
        objects.setFactoryForObject(Notes.OBJECT_ID, Notes::create);
        if (options.has("every-type")) {
            addOnly(objects, EveryType.OBJECT_ID, EveryType.instance());
        }
        return objects.createAll();
    }

    /** The library insists on knowing how to make more instances, even of an object that has one. */
    private static void addOnly(ObjectsInitializer objects, int objectId, LwM2mInstanceEnabler instance) {
        objects.setInstancesForObject(objectId, instance);
        objects.setFactoryForObject(objectId, (model, id, used) -> {
            throw new UnsupportedOperationException("object " + objectId + " has a single instance");
        });
    }

    private static Security security(Options options) throws IOException, GeneralSecurityException {
        String server = options.required("server");
        boolean bootstrap = options.has("bootstrap");
        if (options.has("identity")) {
            byte[] identity = options.required("identity").getBytes(StandardCharsets.UTF_8);
            String key = Files.readString(Path.of(options.required("key-file"))).trim();
            byte[] psk = HexFormat.of().parseHex(key);
            return bootstrap ? Security.pskBootstrap(server, identity, psk)
                    : Security.psk(server, SHORT_SERVER_ID, identity, psk);
        }
        if (!options.has("private-key")) {
            return bootstrap ? Security.noSecBootstrap(server) : Security.noSec(server, SHORT_SERVER_ID);
        }
        byte[] privateKey = Pem.privateKey(options.required("private-key")).getEncoded();
        if (options.has("public-key")) {
            byte[] publicKey = Pem.publicKey(options.required("public-key")).getEncoded();
            byte[] serverKey = Pem.publicKey(options.required("server-key")).getEncoded();
            return bootstrap ? Security.rpkBootstrap(server, publicKey, privateKey, serverKey)
                    : Security.rpk(server, SHORT_SERVER_ID, publicKey, privateKey, serverKey);
        }
        if (bootstrap) {
            return Security.x509Bootstrap(server, Pem.certificates(options.required("certificate"))[0].getEncoded(),
                    privateKey, Pem.certificates(options.required("server-certificate"))[0].getEncoded());
        }
        return Security.x509(server, SHORT_SERVER_ID, Pem.certificates(options.required("certificate"))[0].getEncoded(),
                privateKey, Pem.certificates(options.required("server-certificate"))[0].getEncoded(),
                ULong.valueOf(options.integer("usage", CertificateUsage.DOMAIN_ISSUER_CERTIFICATE.code.intValue())));
    }

    private static DefaultRegistrationEngineFactory engine(Options options, boolean quickTimers) {
        DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
        engine.setCommunicationPeriod(options.integer("period", 3) * 1000);
        engine.setQueueMode(options.has("queue-mode"));
        if (quickTimers) {
            engine.setRetryWaitingTimeInMs(1000);
        }
        return engine;
    }

    private static CaliforniumClientEndpointsProvider endpoints(Options options, boolean quickTimers) {
        var builder = new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider(),
                new CoapsClientProtocolProvider());
        Configuration configuration = builder.createDefaultConfiguration();
        if (quickTimers) {
            configuration.set(CoapConfig.ACK_TIMEOUT, 500, TimeUnit.MILLISECONDS);
            configuration.set(CoapConfig.MAX_RETRANSMIT, 1);
            configuration.set(DtlsConfig.DTLS_RETRANSMISSION_TIMEOUT, 500, TimeUnit.MILLISECONDS);
            configuration.set(DtlsConfig.DTLS_MAX_RETRANSMISSIONS, 2);
        }
        configuration.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, LARGEST_PACKAGE);
        options.connectionId(configuration);
        return builder.setConfiguration(configuration).build();
    }

    /** Obeys lines until {@code quit} or the end of the input. */
    private void run() throws IOException {
        client.start();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            if (line.equals("quit")) {
                client.destroy(true);
                return;
            }
            try {
                obey(line.split(" "));
            } catch (RuntimeException e) {
                events.emit("error", "line", line, "message", e.toString());
            }
        }
        client.destroy(false);
    }

    private void obey(String[] words) {
        switch (words[0]) {
            case "fix" -> position.fix(Double.parseDouble(words[1]), Double.parseDouble(words[2]),
                    words.length > 3 ? Double.valueOf(words[3]) : null);
            case "repeat" -> position.repeat();
            case "battery" -> vehicle.battery(Integer.parseInt(words[1]));
            case "firmware" -> vehicle.firmware(words[1]);
            case "collect" -> collect(Stream.of(words).skip(1).map(LwM2mPath::new).toList());
            case "send-collected" -> sendCollected();
            case "send" -> send(List.of(words).subList(1, words.length));
            case "state" -> events.emit("state", "lock", lock.state(), "result", lock.result(),
                    "writes", tally.writes(), "executes", tally.executes(), "asleep", sleep != null && sleep.asleep(),
                    "missed", sleep == null ? 0 : sleep.missed(),
                    "readIn", formats.read(), "writtenIn", formats.written());
            case "refuse" -> formats.refuse(Stream.of(words).skip(1));
            case "wake" -> client.triggerRegistrationUpdate();
            default -> throw new IllegalArgumentException("unknown command");
        }
    }

    /** Notes what the paths hold now, in a millisecond of its own: values are told apart by that. */
    private void collect(List<LwM2mPath> paths) {
        collector.collectData(paths);
        long noted = System.currentTimeMillis();
        while (System.currentTimeMillis() <= noted) {
            Thread.onSpinWait();
        }
    }

    /** Sends all that was collected, each value with its time, in SenML CBOR. */
    private void sendCollected() {
        for (LwM2mServer server : client.getRegisteredServers().values()) {
            try {
                collector.sendCollectedData(server, ContentFormat.SENML_CBOR, SEND_TIMEOUT_MS, false);
            } catch (NoDataException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Sends what the paths hold now, in SenML CBOR. */
    private void send(List<String> paths) {
        for (LwM2mServer server : client.getRegisteredServers().values()) {
            client.getSendService().sendData(server, ContentFormat.SENML_CBOR, paths, SEND_TIMEOUT_MS,
                    response -> events.emit("sent", "code", response.getCode().getCode()),
                    error -> events.emit("error", "line", "send", "message", error.toString()));
        }
    }

    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        Options options = new Options(arguments,
                Set.of("server", "endpoint", "identity", "key-file", "private-key", "public-key", "server-key",
                        "certificate", "server-certificate", "usage", "cid", "lifetime", "period", "model", "becomes",
                        "awake"),
                Set.of("default-timers", "bootstrap", "queue-mode", "every-type"));
        new Device(options).run();
        System.exit(0);
    }
}
