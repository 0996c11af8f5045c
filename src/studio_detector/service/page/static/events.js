/** Server-sent events by `fetch`: the browser's own reader sends no key. */

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {(type: string, data: any) => boolean|void} onEvent Data is parsed JSON; true ends it.
 * @returns {Promise<boolean>} Whether `onEvent` ended it; otherwise the stream did.
 */
export async function followEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return false;
      const blocks = `${rest}${value}`.split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const { type, data } = read(block);
        if (data !== null && onEvent(type, JSON.parse(data)) === true) return true;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * The lines of a body, as they come.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {(line: string) => void} onLine
 */
export async function followLines(body, onLine) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = `${rest}${value ?? ""}`.split("\n");
    rest = done ? "" : lines.pop();
    lines.filter(Boolean).forEach(onLine);
    if (done) return;
  }
}

function read(block) {
  let type = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) type = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  return { type, data: data.length ? data.join("\n") : null };
}
