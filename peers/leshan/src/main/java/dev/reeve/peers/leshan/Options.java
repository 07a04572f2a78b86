package dev.reeve.peers.leshan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;

/** Command line of the form {@code --name value} or {@code --flag}. */
final class Options {
    private final Map<String, String> values = new HashMap<>();

    /**
     * @param names options that take a value
     * @param flags options that stand alone
     * @throws IllegalArgumentException for anything else
     */
    Options(String[] arguments, Set<String> names, Set<String> flags) {
        var rest = List.of(arguments).iterator();
        while (rest.hasNext()) {
            String argument = rest.next();
            String name = argument.startsWith("--") ? argument.substring(2) : "";
            if (flags.contains(name)) {
                values.put(name, "");
            } else if (names.contains(name) && rest.hasNext()) {
                values.put(name, rest.next());
            } else {
                throw new IllegalArgumentException("unknown or incomplete option " + argument);
            }
        }
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String required(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("missing option --" + name);
        }
        return value;
    }

    String get(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    /** Sets the length of the own Connection ID ({@code --cid N}), or that there is none ({@code --cid off}). */
    void connectionId(Configuration configuration) {
        if (has("cid")) {
            configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, get("cid", "").equals("off") ? null : integer("cid", 0));
        }
    }

    int integer(String name, int otherwise) {
        String value = values.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }
}
