package dev.reeve.peers.leshan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a program tells its driver: one JSON object a line on standard output, whole lines only. */
final class Events {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);

    /**
     * @param event the kind of event
     * @param fields further members, alternately a name and its value; a null value is written as null
     */
    void emit(String event, Object... fields) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("event", event);
        for (int i = 0; i < fields.length; i += 2) {
            members.put((String) fields[i], fields[i + 1]);
        }
        write(members);
    }

    private synchronized void write(Map<String, Object> members) {
        try {
            out.write((MAPPER.writeValueAsString(members) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
