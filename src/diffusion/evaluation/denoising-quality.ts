/** How well a denoiser does at one noise level. */
import type { Scalar, Tensor, Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../base/json.ts"
import { compile } from "../../engine/compile.ts"
import { normals } from "../../engine/random/streams.ts"
import type { LoopContext } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import type { State } from "../../models/parameters.ts"
import type { UNet } from "../../models/unet/unet.ts"
import { remembered } from "../../training/remembered.ts"
import { denoise } from "../denoiser.ts"
import { addNoise } from "../forward-process.ts"
import {
  meanSquaredError,
  peakSignalToNoise,
  similarityWindow,
  structuralSimilarity
} from "../image-metrics.ts"
import { type ImageSource, inBatches } from "../in-batches.ts"

export interface NoiseLevel {
  readonly network: UNet
  readonly state: State
  readonly images: ImageSource
  readonly sigma: number
  readonly seed: number
  readonly batchSize: number
  /** The length of the pixel range. */
  readonly peak: number
  /** Of how many images, from the first on, the pixels are returned. */
  readonly shown: number
}

/** Means over the images; PSNRs over those that are not equal to the clean ones, whose PSNR is infinite. */
export interface DenoisingQuality {
  readonly mse: number
  readonly psnr?: number
  /** Absent for images smaller than SSIM's window. */
  readonly ssim?: number
  /** Of the noisy images, for comparison. */
  readonly noisyMse: number
  readonly noisyPsnr?: number
  /** Row-major, of the images shown. */
  readonly noisy: Float32Array
  readonly denoised: Float32Array
}

/** The random stream of the noise, that of the losses on test images (`evaluate/loss`); image i is its item i. */
const stream = "evaluation/noise"

/**
 * Adds noise to all images, which depends on the seed and an image's place but not on σ, and compares what the network makes
 * of them with the clean ones.
 *
 * @throws the signal's reason when the user stops it
 */
export const denoisingQuality = async (
  { batchSize, images, network, peak, seed, shown, sigma, state }: NoiseLevel,
  context: LoopContext
): Promise<DenoisingQuality> => {
  const [count, height, width, channels] = images.shape
  const size = height * width * channels
  const shownSize = Math.min(shown, count) * size
  const [noisy, denoised] = [new Float32Array(shownSize), new Float32Array(shownSize)]
  const measure = recordedMeasure(network)
  const [mse, noisyMse, ssim] = await inBatches(
    images,
    batchSize,
    (clean, items) => {
      const noise = tf.tensor4d(normals(seed, stream, size, items), [
        items.length,
        height,
        width,
        channels
      ])
      const measured = measure(state, clean, noise, tf.scalar(sigma), peak)
      const start = items[0]! * size
      for (const [kept, pixels] of [
        [noisy, measured.noisy],
        [denoised, measured.denoised]
      ] as const) {
        if (start < shownSize) kept.set(pixels.dataSync().subarray(0, shownSize - start), start)
      }
      return measured.numbers
    },
    context
  )
  return {
    mse: meanOf(mse!),
    ...meanPeakSignal("psnr", mse!, peak),
    ...(ssim === undefined ? {} : { ssim: meanOf(ssim) }),
    noisyMse: meanOf(noisyMse!),
    ...meanPeakSignal("noisyPsnr", noisyMse!, peak),
    noisy,
    denoised
  }
}

const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

const meanPeakSignal = <N extends "psnr" | "noisyPsnr">(
  name: N,
  errors: Float32Array,
  peak: number
): Partial<Record<N, number>> => {
  const finite = Array.from(errors, (error) => peakSignalToNoise(error, peak)).filter(
    (psnr) => psnr !== Number.POSITIVE_INFINITY
  )
  return finite.length === 0 ? {} : ({ [name]: meanOf(finite) } as Record<N, number>)
}

interface Measured {
  readonly noisy: Tensor4D
  readonly denoised: Tensor4D
  /** `[N]` each: MSE, MSE of the noisy images, SSIM where images are large enough. */
  readonly numbers: ReadonlyArray<Tensor>
}
type Measure = (
  state: State,
  clean: Tensor4D,
  noise: Tensor4D,
  sigma: Scalar,
  peak: number
) => Measured

const recordings = remembered<Measure>()

const recordedMeasure = (network: UNet): Measure =>
  recordings(canonicalJson({ ...network.architecture }), () =>
    compile((state, clean, noise, sigma, peak) =>
      tf.tidy(() => {
        const noisy = addNoise(clean, noise, sigma)
        const denoised = denoise(network, state, noisy)
        const [, height, width] = clean.shape
        const numbers: Array<Tensor> = [
          meanSquaredError(denoised, clean),
          meanSquaredError(noisy, clean)
        ]
        if (Math.min(height, width) >= similarityWindow) {
          numbers.push(structuralSimilarity(denoised, clean, peak))
        }
        return { noisy, denoised, numbers }
      })
    )
  )
