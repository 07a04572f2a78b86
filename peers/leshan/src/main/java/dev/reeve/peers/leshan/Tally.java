package dev.reeve.peers.leshan;

import java.util.Map;
import java.util.TreeMap;

/**
 * Counts the Writes and Executes that reached the device's objects, by path. A retransmission that CoAP
 * recognises as a duplicate does not reach them; an operation that the server repeats does.
 */
final class Tally {
    private final Events events;
    private final Map<String, Integer> writes = new TreeMap<>();
    private final Map<String, Integer> executes = new TreeMap<>();

    Tally(Events events) {
        this.events = events;
    }

    /** @return how often this path was written, this time included */
    int wrote(String path) {
        return count("write", writes, path);
    }

    void executed(String path) {
        count("execute", executes, path);
    }

    private synchronized int count(String event, Map<String, Integer> counts, String path) {
        int count = counts.merge(path, 1, Integer::sum);
        events.emit(event, "path", path, "count", count);
        return count;
    }

    synchronized Map<String, Integer> writes() {
        return new TreeMap<>(writes);
    }

    synchronized Map<String, Integer> executes() {
        return new TreeMap<>(executes);
    }
}
