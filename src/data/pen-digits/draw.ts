/**
 * Digits as a hand writes them: one of several ways to write each, never twice the same, in MNIST's frame (a digit fills a
 * box of 20 × 20 of 28 × 28 pixels and lies with its centre of mass in the middle).
 *
 * Every number comes from named random streams addressed by the digit's place, so that digit i is the same whatever the
 * count, and drawn in any order.
 */
import { normals, uniforms } from "../../engine/random/streams.ts"
import type { Dataset, PixelRange } from "../../values/values.ts"
import { type Dab, drawInk } from "./ink.ts"
import { distance, smoothPath, type Vector } from "./path.ts"
import { type Template, templates } from "./templates.ts"

export interface PenDigits {
  readonly count: number
  readonly seed: number
  /** Pixels a side. */
  readonly size: number
  /** How much hands differ: 0 writes each way of a digit always the same, 1 like people. */
  readonly variation: number
  readonly range: PixelRange
}

/** Of a seed's streams, one letter apart from none other. */
const streams = { order: "pen digits order", hand: "pen digits hand", jitter: "pen digits jitter" }

const handDraws = 40
const jitterDraws = 64
/** Digits whose random numbers are drawn together. */
const together = 256

/** Equally many of each digit, in random order within each ten. */
export const penDigits = (request: PenDigits, progress?: (done: number) => void): Dataset => {
  const { count, range, seed, size } = request
  const pixels = size * size
  const data = new Uint8Array(count * pixels)
  const labels = new Int32Array(count)
  for (let start = 0; start < count; start += together) {
    const items = Array.from({ length: Math.min(together, count - start) }, (_, k) => start + k)
    const hands = uniforms(seed, streams.hand, handDraws, items)
    const jitters = normals(seed, streams.jitter, jitterDraws, items)
    for (const [index, item] of items.entries()) {
      const digit = digitAt(seed, item)
      labels[item] = digit
      const ink = drawDigit(digit, request, {
        hand: hands.subarray(index * handDraws, (index + 1) * handDraws),
        jitter: jitters.subarray(index * jitterDraws, (index + 1) * jitterDraws)
      })
      for (const [pixel, covered] of ink.entries()) {
        data[item * pixels + pixel] = Math.round(255 * covered)
      }
    }
    progress?.(start + items.length)
  }
  return {
    type: "Dataset",
    name: "pen digits",
    shape: [count, size, size, 1],
    range,
    data,
    classes: Array.from({ length: 10 }, (_, digit) => `${digit}`),
    labels
  }
}

let lastTen: { readonly seed: number; readonly ten: number; readonly order: ReadonlyArray<number> }

/** Each ten of places has each digit once. */
const digitAt = (seed: number, item: number): number => {
  const ten = Math.floor(item / 10)
  if (lastTen?.seed !== seed || lastTen.ten !== ten) {
    const draws = uniforms(seed, streams.order, 10, [ten])
    const order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].toSorted((a, b) => draws[a]! - draws[b]! || a - b)
    lastTen = { seed, ten, order }
  }
  return lastTen.order[item % 10]!
}

interface Randomness {
  /** Uniform on [0, 1). */
  readonly hand: Float32Array
  /** Standard normal. */
  readonly jitter: Float32Array
}

/** Coverage by ink, row-major `[size, size]`. */
const drawDigit = (
  digit: number,
  { size, variation }: PenDigits,
  { hand, jitter }: Randomness
): Float64Array => {
  let drawn = 0
  /** Uniform on -1 … 1, scaled by how much hands differ. */
  const spread = () => variation * (2 * hand[drawn++]! - 1)
  /** About normal: three uniform numbers. */
  const bell = () => spread() + spread() + spread()
  const template = chooseWay(templates[digit]!, hand[drawn++]!)
  const slant = 0.13 + 0.23 * bell()
  const turn = 0.09 * bell()
  const aspect = template.aspect * Math.exp(0.2 * bell())
  const warp = waves(spread, hand, () => drawn++)
  const pen = {
    radius: Math.max(0.7, 1.27 + 0.28 * bell()) * (size / 28),
    nib: 0.12 * hand[drawn++]! * variation,
    nibAngle: Math.PI * hand[drawn++]!,
    pressure: 0.14 * spread(),
    phase: 2 * Math.PI * hand[drawn++]!
  }
  const softness = (1.15 + 0.25 * spread()) * (size / 28)
  let jittered = 0
  const shake = () => 0.03 * variation * jitter[jittered++ % jitterDraws]!
  const strokes = template.strokes.map((points) =>
    smoothPath(
      points.map(({ corner, x, y }) => ({ corner, x: x + shake() / aspect, y: y + shake() })),
      0.03
    ).map(({ x, y }) => {
      const bent = warp({ x: (x - 0.5) * aspect, y: y - 0.5 })
      const leaning = { x: bent.x - slant * bent.y, y: bent.y }
      return {
        x: leaning.x * Math.cos(turn) - leaning.y * Math.sin(turn),
        y: leaning.x * Math.sin(turn) + leaning.y * Math.cos(turn)
      }
    })
  )
  return drawInk(frame(strokes, size, pen), size, softness)
}

const chooseWay = (ways: ReadonlyArray<Template>, draw: number): Template => {
  let left = draw * ways.reduce((sum, { weight }) => sum + weight, 0)
  return ways.find(({ weight }) => (left -= weight) < 0) ?? ways[0]!
}

/** An elastic warp: two long waves across the paper in each direction. */
const waves = (spread: () => number, hand: Float32Array, next: () => number) => {
  const wave = () => {
    const [across, down] = [0.75 * spread(), 0.75 * spread()]
    const [phase, height] = [hand[next()]!, 0.07 * spread()]
    return ({ x, y }: Vector) => height * Math.sin(2 * Math.PI * (across * x + down * y + phase))
  }
  const [a, b, c, d] = [wave(), wave(), wave(), wave()]
  return (at: Vector): Vector => ({ x: at.x + a(at) + b(at), y: at.y + c(at) + d(at) })
}

interface Pen {
  readonly radius: number
  /** How much wider a line is in one direction than across it. */
  readonly nib: number
  readonly nibAngle: number
  readonly pressure: number
  readonly phase: number
}

/** Into the box, and with the centre of mass in the middle of the picture. */
const frame = (
  strokes: ReadonlyArray<ReadonlyArray<Vector>>,
  size: number,
  pen: Pen
): ReadonlyArray<ReadonlyArray<Dab>> => {
  const points = strokes.flat()
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  const extent = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys))
  const scale = ((20 / 28) * size - 2 * pen.radius) / extent
  const dabs = strokes.map((stroke) => withWidth(stroke, scale, pen))
  let [mass, x, y] = [0, 0, 0]
  for (const stroke of dabs) {
    for (let index = 0; index + 1 < stroke.length; index++) {
      const [from, to] = [stroke[index]!, stroke[index + 1]!]
      const weight = distance(from, to) * (from.radius + to.radius)
      mass += weight
      x += (weight * (from.x + to.x)) / 2
      y += (weight * (from.y + to.y)) / 2
    }
  }
  const [left, top] = [size / 2 - x / mass, size / 2 - y / mass]
  return dabs.map((stroke) =>
    stroke.map((dab) => ({ x: dab.x + left, y: dab.y + top, radius: dab.radius }))
  )
}

/** Wider where the pen presses and where its nib is broad; thinner where it sets down and lifts off. */
const withWidth = (
  stroke: ReadonlyArray<Vector>,
  scale: number,
  { nib, nibAngle, phase, pressure, radius }: Pen
): ReadonlyArray<Dab> => {
  let way = 0
  return stroke.map((point, index) => {
    const before = stroke[Math.max(0, index - 1)]!
    const after = stroke[Math.min(stroke.length - 1, index + 1)]!
    way += distance(before, point)
    const direction = Math.atan2(after.y - before.y, after.x - before.x)
    const ends = Math.min(index, stroke.length - 1 - index)
    const touch = 0.78 + 0.22 * Math.min(1, ends / 4)
    const press = 1 + pressure * Math.sin(5 * way + phase)
    const broad = 1 + nib * Math.cos(2 * (direction - nibAngle))
    return { x: point.x * scale, y: point.y * scale, radius: radius * touch * press * broad }
  })
}
