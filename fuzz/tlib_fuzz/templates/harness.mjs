// A harness: calls a parser and answers `tlib fuzz run`.
//
//     tlib fuzz run --target "node harness.mjs"
//
// The standard input has frames, each after its length (4 bytes, big-endian). For each frame, write one line
// to the standard output, in the same order: "accept", "accept JSON", "reject", "reject CODE" or "skip".
// Print nothing else there (console.error is free).

class Refused extends Error {} // the frame is wrong; the message is an error code, or empty

// Put the call of your parser here: return its JSON as one line, or "", or throw Refused.
function parse(frame) {
  const start = [0x54, 0x4c, 1, 0];
  const wrong = ["bad-magic", "bad-magic", "bad-version", "bad-flags"];
  for (let at = 0; at < 4 && at < frame.length; at++) {
    if (frame[at] !== start[at]) throw new Refused(wrong[at]);
  }
  if (frame.length < 10) throw new Refused("truncated-header");
  const length = frame.readUInt32BE(6);
  if (length > 16 << 20) throw new Refused("frame-too-long");
  if (frame.length < 10 + length) throw new Refused("truncated-frame");
  if (frame.length > 10 + length) throw new Refused("trailing-bytes");
  return "";
}

function answer(frame) {
  try {
    return `accept ${parse(frame)}`.trim();
  } catch (error) {
    if (error instanceof Refused) return `reject ${error.message}`.trim();
    throw error;
  }
}

let rest = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  rest = rest.length ? Buffer.concat([rest, chunk]) : chunk;
  while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
    const end = 4 + rest.readUInt32BE(0);
    process.stdout.write(`${answer(rest.subarray(4, end))}\n`);
    rest = rest.subarray(end);
  }
});
