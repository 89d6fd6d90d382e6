/** Which ablate this is. */
import { readFileSync } from "node:fs"

let known: string | undefined

/** As in `package.json`: two folders up in a checkout (`src/base/`), and as much in what was built (`dist/src/base/`). */
export const ablateVersion = (): string => {
  if (known !== undefined) return known
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8")
  return (known = (JSON.parse(manifest) as { readonly version: string }).version)
}
