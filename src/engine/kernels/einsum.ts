/** Einstein summation over one or two tensors. */
import { type Recorder } from "../graph/recorder.ts"
import { type Shape, type Value, sizeOf } from "../graph/value.ts"
import { tfjs } from "../tfjs.ts"
import { type Composite } from "./kernel.ts"

type Letters = ReadonlyArray<string>

/** A tensor with a letter for each axis. */
interface Term {
  readonly value: Value
  readonly letters: Letters
}

/**
 * By the attribute `equation`, as "ij,jk->ik". Each letter is one axis; those that the result lacks are summed over. A matrix
 * product where there is one in it: letters of both terms and the result are batches, letters of both terms only are summed.
 */
const einsum: Composite = {
  name: "Einsum",
  inputs: "list",
  expand: (recorder, inputs, attrs) => {
    const equation = (attrs["equation"] as string).replaceAll(/\s/g, "")
    const { backend_util: tools } = tfjs()
    const { allDims, idDims } = tools.decodeEinsumEquation(equation, inputs.length)
    const tensors = inputs.map((input) => ({ shape: [...input!.shape] }))
    tools.checkEinsumDimSizes(
      allDims.length,
      idDims,
      tensors as unknown as Parameters<typeof tools.checkEinsumDimSizes>[2]
    )
    const [left, right] = equation.split("->") as [string, string]
    const result = right.split("")
    const given = left
      .split(",")
      .map((letters, index): Term => ({ letters: letters.split(""), value: inputs[index]! }))
    const [first, second] = given.map((term, index) => {
      const others = given.filter((_, other) => other !== index)
      return summedTo(recorder, term, [...result, ...others.flatMap(({ letters }) => letters)])
    })
    const made = second === undefined ? first! : multiplied(recorder, first!, second, result)
    return [arranged(recorder, made, result)]
  }
}

/** Sums over the axes whose letters are not among `wanted`. */
const summedTo = (recorder: Recorder, term: Term, wanted: Letters): Term => {
  const letters = term.letters.filter((letter) => wanted.includes(letter))
  if (letters.length === term.letters.length) return term
  const axis = term.letters.flatMap((letter, index) => (wanted.includes(letter) ? [] : [index]))
  return { letters, value: recorder.one("Sum", [term.value], { axis, keepDims: false }) }
}

/** The axes in the order of `letters`. */
const arranged = (recorder: Recorder, { letters, value }: Term, wanted: Letters): Value => {
  const perm = wanted.map((letter) => letters.indexOf(letter))
  return perm.every((axis, index) => axis === index)
    ? value
    : recorder.one("Transpose", [value], { perm })
}

const multiplied = (recorder: Recorder, a: Term, b: Term, result: Letters): Term => {
  const both = a.letters.filter((letter) => b.letters.includes(letter))
  const batch = both.filter((letter) => result.includes(letter))
  const inner = both.filter((letter) => !result.includes(letter))
  const rows = a.letters.filter((letter) => !both.includes(letter))
  const columns = b.letters.filter((letter) => !both.includes(letter))
  const dims = (letters: Letters): Shape =>
    letters.map((letter) => {
      const term = a.letters.includes(letter) ? a : b
      return term.value.shape[term.letters.indexOf(letter)]!
    })
  const view = (term: Term, ...groups: ReadonlyArray<Letters>): Value =>
    recorder.one("Reshape", [arranged(recorder, term, groups.flat())], {
      shape: groups.map((letters) => sizeOf(dims(letters)))
    })
  const letters = [...batch, ...rows, ...columns]
  const shaped = (value: Value): Term => ({
    letters,
    value: recorder.one("Reshape", [value], { shape: dims(letters) })
  })
  if (inner.length === 0 || rows.length + columns.length === 0) {
    // No matrix product in it: an outer product, or element by element.
    const left = view(a, batch, rows, [], inner)
    const right = view(b, batch, [], columns, inner)
    const products = recorder.one("Multiply", [left, right])
    return shaped(recorder.one("Sum", [products], { axis: [3], keepDims: false }))
  }
  const left = view(a, batch, rows, inner)
  const right = view(b, batch, inner, columns)
  const attrs = { transposeA: false, transposeB: false }
  return shaped(recorder.one("BatchMatMul", [left, right], attrs))
}

export const einsumKernels: ReadonlyArray<Composite> = [einsum]
