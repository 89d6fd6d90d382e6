/**
 * What a prompt becomes before it is cut into tokens: lower case, without space around it. This is what diffusers' IF
 * pipelines do when they are not told to clean captions (`_text_preprocessing` of pipeline_if.py).
 */
export const preparePrompt = (prompt: string): string => {
  const lower = prompt.toLowerCase()
  return lower.replace(leadingSpace, "").replace(trailingSpace, "")
}

/** What Python's `str.strip` takes for space: JavaScript's `trim` leaves U+001C to U+001F and U+0085, and takes U+FEFF. */
const pythonSpace =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
const leadingSpace = new RegExp(`^[${pythonSpace}]+`, "u")
const trailingSpace = new RegExp(`[${pythonSpace}]+$`, "u")
