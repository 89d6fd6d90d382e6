/** The configuration and the tensors of the text encoder. */
import { assert, describe, it } from "vitest"
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { configFrom } from "../../../src/models/deepfloyd/config-file.ts"
import { decodeT5Config } from "../../../src/models/t5/config.ts"
import { t5Parameters } from "../../../src/models/t5/parameters.ts"
import { userError } from "../../engine/weights/files.ts"
import { sharedFile } from "../../support/project.ts"

const small = { model_type: "t5", feed_forward_proj: "gated-gelu", d_model: 12, num_layers: 2 }

const refusal = (changes: Readonly<Record<string, unknown>>) =>
  userError(() => decodeT5Config(configFrom({ ...small, ...changes }, "config.json"))).message

const folder = sharedFile("fixtures", "if")

describe.skipIf(folder === undefined)("T5-XXL", () => {
  it("has the tensors that its configuration says", () => {
    const read = (...parts: ReadonlyArray<string>) =>
      readFileSync(sharedFile("fixtures", "if", ...parts)!)
    const { text_encoder: encoder } = JSON.parse(read("real-configs.json").toString("utf8")) as {
      readonly text_encoder: { readonly config: unknown }
    }
    const manifest = JSON.parse(
      gunzipSync(read("manifests", "t5-v1_1-xxl-encoder.keys.json.gz")).toString("utf8")
    ) as { readonly keys: Readonly<Record<string, ReadonlyArray<number>>> }
    const config = decodeT5Config(configFrom(encoder.config, "T5-XXL"))
    assert.deepStrictEqual(t5Parameters(config), manifest.keys)
  })
})

describe("a configuration of T5", () => {
  it("has the library's defaults for what it leaves out", () => {
    assert.deepStrictEqual(decodeT5Config(configFrom(small, "config.json")), {
      vocabularySize: 32128,
      width: 12,
      layers: 2,
      heads: 8,
      headChannels: 64,
      feedForwardWidth: 2048,
      positionBuckets: 32,
      maxDistance: 128,
      normEps: 1e-6
    })
  })
  it.each([
    [{ model_type: "umt5" }, "config.json is the configuration of umt5, where a T5 encoder"],
    [{ feed_forward_proj: "relu" }, 'feed_forward_proj is "relu"; supported is "gated-gelu"'],
    [{ dense_act_fn: "relu" }, 'dense_act_fn is "relu"'],
    [{ num_heads: 0 }, "num_heads is 0"],
    [{ relative_attention_num_buckets: 30 }, "relative_attention_num_buckets is 30"],
    [{ relative_attention_max_distance: 8 }, "relative_attention_max_distance is 8"],
    [{ scalable_attention: true }, "scalable_attention is true"]
  ])("with %j is refused, saying why", (changes, expected) => {
    assert.include(refusal(changes), expected)
  })
})
