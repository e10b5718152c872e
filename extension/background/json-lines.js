// Newline-delimited JSON, value by value as it arrives.

/**
 * @param {Response} response
 * @param {() => void} heard called for every piece of the answer
 * @returns {AsyncGenerator<any, void, void>}
 */
export async function* jsonLines(response, heard) {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      heard();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split("\n");
      rest = done ? "" : (lines.pop() ?? "");
      for (const line of lines) if (line.trim()) yield JSON.parse(line);
      if (done) return;
    }
  } finally {
    // Whoever stops reading has no use for the rest; where all was read this does nothing.
    await reader.cancel().catch(() => {});
  }
}
