import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { parametersOf } from "../../src/cli/stages/parameters.ts"

const atLeast = (minimum: number) => Schema.isGreaterThanOrEqualTo(minimum)

const rows = (fields: Schema.Struct.Fields) =>
  Object.fromEntries(parametersOf(Schema.Struct(fields)).map(({ name, ...row }) => [name, row]))

describe("parametersOf", () => {
  it("reads type, range, unit, default and description from the schema", () => {
    const size = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 }))
      .annotate({ description: "Side of the image.", unit: "pixels" })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(64)))
    assert.deepStrictEqual(rows({ size })["size"], {
      type: "whole number",
      unit: "pixels",
      range: "1 to 4096",
      default: 64,
      required: false,
      description: "Side of the image."
    })
  })

  it("finds annotations wherever the author put them", () => {
    const seed = Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))
    const { onKey, onValue, onDefault } = rows({
      onKey: Schema.Int.annotateKey({ description: "Key.", unit: "s" }),
      onValue: Schema.Int.annotate({ description: "Value." }),
      onDefault: seed.annotate({ description: "Default." })
    })
    assert.deepStrictEqual([onKey?.description, onKey?.unit], ["Key.", "s"])
    assert.strictEqual(onValue?.description, "Value.")
    assert.strictEqual(onDefault?.description, "Default.")
  })

  it("tells what must be given from what may stay away", () => {
    const { given, optional, defaulted } = rows({
      given: Schema.Finite,
      optional: Schema.optionalKey(Schema.Finite),
      defaulted: Schema.Finite.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.5)))
    })
    assert.deepStrictEqual([given?.required, given?.default], [true, undefined])
    assert.deepStrictEqual([optional?.required, optional?.default], [false, undefined])
    assert.deepStrictEqual([defaulted?.required, defaulted?.default], [false, 0.5])
  })

  it("says one or several where a list may be written without brackets", () => {
    const step = Schema.Int.check(atLeast(0))
    const { steps } = rows({ steps: Schema.Union([step, Schema.Array(step)]) })
    assert.deepStrictEqual([steps?.type, steps?.range], ["whole number, or several", "at least 0"])
  })

  it("spells out choices, lists, tuples and structs, and lists a struct's fields below it", () => {
    const found = rows({
      fit: Schema.Literals(["cover", "contain"]),
      names: Schema.Array(Schema.String),
      size: Schema.Tuple([Schema.Int, Schema.Int]),
      unet: Schema.Struct({
        channels: Schema.Int.check(atLeast(1)).annotate({ description: "Width." }),
        classes: Schema.optionalKey(Schema.Int)
      })
    })
    assert.deepStrictEqual(
      Object.entries(found).map(([name, { type }]) => `${name}: ${type}`),
      [
        "fit: cover | contain",
        "names: list of texts",
        "size: [whole number, whole number]",
        "unet: { channels: whole number, classes?: whole number }",
        "unet.channels: whole number",
        "unet.classes: whole number"
      ]
    )
    assert.deepStrictEqual(found["unet.channels"], {
      type: "whole number",
      range: "at least 1",
      required: true,
      description: "Width."
    })
  })

  it("names the kinds of a map that has one of several forms, and gives the forms beside", () => {
    const rate = Schema.Union([
      Schema.Finite,
      Schema.Struct({ kind: Schema.Literal("constant"), value: Schema.Finite }),
      Schema.Struct({ kind: Schema.Literal("cosine"), initial: Schema.Finite })
    ])
    const found = rows({ rate })["rate"]
    assert.strictEqual(found?.type, "number | { kind: constant | cosine, … }")
    assert.deepStrictEqual(found?.forms, [
      "{ kind: constant, value: number }",
      "{ kind: cosine, initial: number }"
    ])
  })

  it("says nothing of the largest whole number that JavaScript can count to", () => {
    assert.isUndefined(rows({ seed: Schema.Int })["seed"]?.range)
  })
})
