/** Names and shapes of all tensors of the published U-Nets. */
import { assert, describe, it } from "vitest"
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { configFrom } from "../../../src/models/deepfloyd/config-file.ts"
import { decodeDeepFloydConfig } from "../../../src/models/deepfloyd/config.ts"
import { deepFloydParameters } from "../../../src/models/deepfloyd/parameters.ts"
import { sizeOf } from "../../../src/models/parameters.ts"
import { sharedFile } from "../../support/project.ts"

const folder = sharedFile("fixtures", "if")

const readJson = (...parts: ReadonlyArray<string>) => {
  const bytes = readFileSync(sharedFile("fixtures", "if", ...parts)!)
  const text = parts.at(-1)!.endsWith(".gz") ? gunzipSync(bytes) : bytes
  return JSON.parse(text.toString("utf8")) as unknown
}

describe.skipIf(folder === undefined)("the parameters of", () => {
  it.each(["IF-I-M", "IF-I-L", "IF-I-XL", "IF-II-M", "IF-II-L"])("%s are its own", (model) => {
    const { unet } = readJson("real-configs.json") as {
      readonly unet: Readonly<
        Record<string, { readonly config: unknown; readonly parameters: number }>
      >
    }
    const { config, parameters } = unet[model]!
    const manifest = readJson("manifests", `${model.toLowerCase()}.unet.keys.json.gz`) as {
      readonly keys: Readonly<Record<string, ReadonlyArray<number>>>
    }
    const shapes = deepFloydParameters(decodeDeepFloydConfig(configFrom(config, model)))
    assert.deepStrictEqual(shapes, manifest.keys)
    const total = Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0)
    assert.strictEqual(total, parameters)
  })
})
