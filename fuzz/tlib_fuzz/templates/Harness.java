/**
 * A harness: calls a parser and answers `tlib fuzz run`.
 *
 * <pre>
 * tlib fuzz run --target "java Harness.java"
 * </pre>
 *
 * The standard input has frames, each after its length (4 bytes, big-endian). For each frame, write one line
 * to the standard output, in the same order: "accept", "accept JSON", "reject", "reject CODE" or
 * "skip". Print nothing else there; the standard error is free.
 */
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

public class Harness {
    /** The frame is wrong; the message is an error code, or empty. */
    static class Refused extends Exception {
        Refused(String code) {
            super(code);
        }
    }

    /** Put the call of your parser here: give its JSON as one line, or "", or throw Refused. */
    static String parse(byte[] frame) throws Refused {
        byte[] start = {'T', 'L', 1, 0};
        String[] wrong = {"bad-magic", "bad-magic", "bad-version", "bad-flags"};
        for (int at = 0; at < 4 && at < frame.length; at++) {
            if (frame[at] != start[at]) {
                throw new Refused(wrong[at]);
            }
        }
        if (frame.length < 10) {
            throw new Refused("truncated-header");
        }
        long length = Integer.toUnsignedLong(ByteBuffer.wrap(frame).getInt(6));
        if (length > 16 << 20) {
            throw new Refused("frame-too-long");
        }
        if (frame.length < 10 + length) {
            throw new Refused("truncated-frame");
        }
        if (frame.length > 10 + length) {
            throw new Refused("trailing-bytes");
        }
        return "";
    }

    public static void main(String[] arguments) throws IOException {
        DataInputStream source = new DataInputStream(new BufferedInputStream(System.in));
        OutputStream answers = new BufferedOutputStream(System.out);
        while (true) {
            int size;
            try {
                size = source.readInt();
            } catch (EOFException end) {
                return;
            }
            byte[] frame = new byte[size];
            source.readFully(frame);
            String answer;
            try {
                answer = "accept " + parse(frame);
            } catch (Refused refused) {
                answer = "reject " + refused.getMessage();
            }
            answers.write((answer.trim() + "\n").getBytes(StandardCharsets.UTF_8));
            answers.flush();
        }
    }
}
