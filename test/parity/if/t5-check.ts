/** The text encoder against transformers. */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs"
import * as path from "node:path"
import { tf } from "../../../src/engine/tf.ts"
import { loadT5Encoder } from "../../../src/models/t5/load.ts"
import { positionBucket } from "../../../src/models/t5/position-buckets.ts"
import type { Check, Row } from "./check.ts"
import { largestError, readReference } from "./reference.ts"

/** Five times the reference's own rounding. */
const tolerance = 1e-5

export const t5Check: Check = {
  name: "t5",
  needs: "t5/io.safetensors",
  rows: (folder) => {
    const reference = readReference(path.join(folder, "t5", "io.safetensors"))
    const { config, forward, state } = loadT5Encoder(path.join(folder, "t5"))
    const rows: Array<Row> = []
    const add = (what: string, name: string, got: Tensor | undefined) =>
      rows.push({
        what,
        error: got === undefined ? Infinity : largestError(got, reference.expected(name)),
        tolerance
      })
    for (const key of reference.names) {
      const [, text] = /^(\w+)\.input_ids$/.exec(key) ?? []
      if (text === undefined) continue
      const taps = new Map<string, Tensor>()
      tf.tidy(() => {
        const ids = reference.tensor(`${text}.input_ids`) as Tensor2D
        const mask = reference.tensor(`${text}.attention_mask`) as Tensor2D
        const states = forward(state, ids, mask, (name, tensor) => taps.set(name, tf.keep(tensor)))
        const last = `${text}.last_hidden_state`
        add(last, last, states)
        for (const name of reference.names) {
          if (!name.startsWith(`${text}.hidden_states.`)) continue
          add(name, name, taps.get(name.slice(text.length + 1)))
        }
        const bias = "relative_position_bias"
        if (reference.expected(bias).shape.at(-1) === ids.shape[1]) {
          add(`${text}.${bias}`, bias, taps.get(bias))
        }
      })
      tf.dispose([...taps.values()])
    }
    tf.dispose(Object.values(state))
    const distances = reference.integers("bucket.relative_position")
    const buckets = reference.integers("bucket.bidirectional_32_128")
    const wrong = distances.filter(
      (distance, at) => positionBucket(distance, config) !== buckets[at]
    )
    rows.push({ what: "position buckets, wrong ones", error: wrong.length, tolerance: 0 })
    return rows
  }
}
