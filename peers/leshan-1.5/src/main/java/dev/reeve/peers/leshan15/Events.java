package dev.reeve.peers.leshan15;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** What the program tells its driver: one JSON object a line on standard output, whole lines only. */
final class Events {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);

    synchronized void emit(String event, Map<String, ?> members) {
        Map<String, Object> line = new TreeMap<>(members);
        line.put("event", event);
        try {
            out.write((MAPPER.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
