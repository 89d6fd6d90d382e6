/** The ε of the forward process for a batch of images at several noise levels. */
import { normal } from "../engine/random/streams.ts"
import { TorchCpuGenerator } from "../engine/random/torch-cpu.ts"

export interface NoiseRequest {
  readonly generator: "philox" | "torch-cpu"
  readonly seed: number
  /** The name of the random stream; `torch-cpu` has only one and does not look at it. */
  readonly stream: string
  /** The clean images' `[N,H,W,C]`. */
  readonly shape: readonly [count: number, height: number, width: number, channels: number]
  /** The levels' names, all different. */
  readonly levels: ReadonlyArray<string>
  /** Whether all levels of one image get the same ε. */
  readonly shared: boolean
}

/** ε for one image at one level, row-major `[H,W,C]`. */
export type NoiseDraws = (image: number, level: number) => Float32Array

/**
 * Draws from N(0, I).
 *
 * `philox`: image i is item i of the stream `stream`, or of `stream/level` when levels are independent. So an image's noise
 * depends neither on how many images there are nor on which other levels are asked for.
 *
 * `torch-cpu`: as a notebook would that calls `torch.randn_like(batch)` once for all levels, or once a level in their order.
 * PyTorch's order of elements is `[N,C,H,W]`.
 */
export const drawNoise = (request: NoiseRequest): NoiseDraws =>
  request.generator === "philox" ? fromStreams(request) : fromTorch(request)

const fromStreams = ({ levels, seed, shape, shared, stream }: NoiseRequest): NoiseDraws => {
  const size = sizeOf(shape)
  if (!shared) {
    return (image, level) => normal(seed, `${stream}/${levels[level]}`, size, image)
  }
  // Levels of one image are asked for one after another: the last draw is worth keeping.
  let last: { readonly image: number; readonly draw: Float32Array } | undefined
  return (image) => {
    if (last?.image !== image) last = { image, draw: normal(seed, stream, size, image) }
    return last.draw
  }
}

const fromTorch = ({ levels, seed, shape, shared }: NoiseRequest): NoiseDraws => {
  const generator = new TorchCpuGenerator(seed)
  const [count, height, width, channels] = shape
  const size = sizeOf(shape)
  const batches = Array.from({ length: shared ? 1 : levels.length }, () =>
    generator.randn(count * size)
  )
  return (image, level) => {
    const planes = batches[shared ? 0 : level]!.subarray(image * size, (image + 1) * size)
    return channelsLast(planes, height * width, channels)
  }
}

/** `[C,H,W]` to `[H,W,C]`. */
const channelsLast = (planes: Float32Array, pixels: number, channels: number): Float32Array =>
  planes.map((_, index) => planes[(index % channels) * pixels + Math.floor(index / channels)]!)

const sizeOf = ([, height, width, channels]: NoiseRequest["shape"]) => height * width * channels
