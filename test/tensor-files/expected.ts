/** What NumPy and PyTorch say is in the files that test/fixtures/tensor-files/make.py wrote. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import type { RawTensor } from "../../src/safetensors/decode.ts"

const folder = join(import.meta.dirname, "../fixtures/tensor-files")
export const fixture = (name: string): string => join(folder, name)

export interface Described {
  readonly dtype: string
  readonly shape: ReadonlyArray<number>
  readonly bytes: number
  /** Of the elements, little-endian and row-major. */
  readonly sha256: string
}

export const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8")) as {
  readonly npy: { readonly [name: string]: Described }
  readonly pth: {
    readonly [name: string]: ReadonlyArray<
      readonly [path: ReadonlyArray<string | number>, tensor: Described]
    >
  }
}

export const assertTensor = (found: RawTensor, described: Described, what: string): void => {
  assert.deepStrictEqual([...found.shape], [...described.shape], what)
  assert.strictEqual(found.bytes.byteLength, described.bytes, what)
  assert.strictEqual(createHash("sha256").update(found.bytes).digest("hex"), described.sha256, what)
}

/** The message of the user's mistake that `work` ends with. */
export const mistake = (work: () => unknown): UserError => {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  return assert.fail("it was taken")
}
