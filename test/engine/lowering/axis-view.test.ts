import { assert, describe, it } from "vitest"
import { programOf } from "#src/engine/graph/program.ts"
import { Recorder } from "#src/engine/graph/recorder.ts"
import { type Shape, Value } from "#src/engine/graph/value.ts"
import { primitive } from "#src/engine/kernels/table.ts"
import { lower } from "#src/engine/program/executable.ts"

const recorder = new Recorder((op) => primitive(op).infer)
const leaf = (shape: Shape): Value =>
  Value.resident(
    { shape, dtype: "float32" },
    { at: "host", array: new Float32Array(shape.reduce((a, b) => a * b, 1)) }
  )
const conv = (x: Value): Value => {
  const channels = x.shape[3]!
  const attrs = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], groups: 1 }
  return recorder.one("Conv", [x, leaf([3, 3, channels, channels])], attrs)
}

/** How often an image's layout changes in a program that reads `inputs` images and ends in a convolution. */
const layoutChanges = (body: (image: () => Value) => Value): number => {
  const program = programOf([conv(body(() => conv(leaf([2, 6, 6, 32]))))])
  const { onnx } = lower(program, {
    recorder,
    primitive,
    stages: [],
    target: { provider: "cpu", block: 8, float16: false },
    sessionOptions: () => ({})
  })
  return onnx.nodes.filter(({ op }) => op.startsWith("Reorder")).length
}

describe("kernels that move whole axes", () => {
  it("leave images between convolutions as they are", () => {
    const bodies: Readonly<Record<string, (image: () => Value) => Value>> = {
      nothing: (image) => image(),
      "channels joined": (image) => recorder.one("Concat", [image(), image()], { axis: 3 }),
      "rows joined": (image) => recorder.one("Concat", [image(), image()], { axis: 1 }),
      "a part": (image) =>
        recorder.one("Slice", [image()], { begin: [0, 1, 2, 8], size: [1, 3, 3, 16] }),
      "half the channels": (image) =>
        recorder.record("SplitV", [image()], { numOrSizeSplits: 2, axis: 3 })[1]!,
      border: (image) =>
        recorder.one("Pad", [image(), recorder.constant(0)], {
          paddings: [
            [0, 0],
            [1, 2],
            [0, 1],
            [8, 0]
          ]
        }),
      mirrored: (image) =>
        recorder.one("MirrorPad", [image()], {
          paddings: [
            [0, 0],
            [1, 1],
            [0, 1],
            [0, 0]
          ],
          mode: "reflect"
        }),
      flipped: (image) => recorder.one("Reverse", [image()], { dims: [1, 2] }),
      "some of the batch": (image) =>
        recorder.one(
          "Gather",
          [
            image(),
            Value.resident({ shape: [1], dtype: "int32" }, { at: "host", array: new Int32Array(1) })
          ],
          { axis: 0 }
        ),
      "the same shape": (image) => recorder.one("Reshape", [image()], { shape: [2, 6, 6, 32] })
    }
    for (const [name, body] of Object.entries(bodies)) {
      const images = name.endsWith("joined") ? 2 : 1
      // Each image comes in plain once, and the result goes out once.
      assert.strictEqual(layoutChanges(body), images + 1, name)
    }
  })

  it("work on the plain form where they cut through blocks of channels", () => {
    const cut = (image: () => Value) =>
      recorder.one("Slice", [image()], { begin: [0, 0, 0, 4], size: [2, 6, 6, 16] })
    assert.strictEqual(layoutChanges(cut), 4)
  })
})
