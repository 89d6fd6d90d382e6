/** The values in memory, as a stage's `run` receives and returns them. Plain data: a stage makes tensors of it. */
import type { Json, JsonObject } from "../base/json.ts"

/** `[-1,1]` in the pixel-diffusion experiments, `[0,1]` in the digit experiments. Values outside are allowed (noise). */
export type PixelRange = "[-1,1]" | "[0,1]"

/** One image; `data` is row-major `[height, width, channels]`. */
export interface Image {
  readonly type: "Image"
  readonly shape: readonly [height: number, width: number, channels: number]
  readonly range: PixelRange
  readonly data: Float32Array
}

/** Images of one size; `data` is row-major `[count, height, width, channels]`. */
export interface Images {
  readonly type: "Images"
  readonly shape: readonly [count: number, height: number, width: number, channels: number]
  readonly range: PixelRange
  readonly data: Float32Array
  /** One short text an image, such as `t=250`, shown in grids. */
  readonly labels?: ReadonlyArray<string>
}

/** Weights in [0,1], 1 where new content goes; row-major `[height, width]`. */
export interface Mask {
  readonly type: "Mask"
  readonly shape: readonly [height: number, width: number]
  readonly data: Float32Array
}

/** Any tensor; row-major. */
export interface Tensor {
  readonly type: "Tensor"
  readonly shape: ReadonlyArray<number>
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array
}

/** How much signal is left at each timestep of a discrete diffusion process; t grows towards noise. */
export interface NoiseSchedule {
  readonly type: "NoiseSchedule"
  /** `linear`, `scaled-linear`, `cosine`. */
  readonly kind: string
  /** β_t for t = 0 … T-1, float64. */
  readonly betas: ReadonlyArray<number>
  /** ᾱ_t, the running product of 1 - β, float64; ᾱ_0 is below 1. */
  readonly alphaBar: ReadonlyArray<number>
}

/** Labelled images to train and test on, 8 bits a pixel as their files have them. */
export interface Dataset {
  readonly type: "Dataset"
  /** What it is, for messages and figures, such as `MNIST train`. */
  readonly name: string
  readonly shape: readonly [count: number, height: number, width: number, channels: number]
  /** What 0 and 255 stand for. */
  readonly range: PixelRange
  /** Row-major `[count, height, width, channels]`. */
  readonly data: Uint8Array
  /** Names of the classes; empty when the images have no labels. */
  readonly classes: ReadonlyArray<string>
  /** `[count]`, each an index into `classes`; exactly when there are classes. */
  readonly labels?: Int32Array
}

/** A network's tensor as PyTorch has it; counters of batches are int64. */
export interface Weight {
  readonly shape: ReadonlyArray<number>
  readonly data: Float32Array | BigInt64Array
}

/** A network: its architecture and its weights. */
export interface Model {
  readonly type: "Model"
  readonly architecture: Architecture
  /** Of the images that it takes. */
  readonly range: PixelRange
  /** What its output stands for; absent until it is trained. */
  readonly prediction?: "epsilon" | "sample" | "velocity" | "logits"
  /** Of a discrete diffusion process: the one that it was trained with. */
  readonly schedule?: Omit<NoiseSchedule, "type">
  /** The `state_dict` of the PyTorch module of the same structure: its names, layouts and order. */
  readonly weights: { readonly [name: string]: Weight }
}

/** What a network is built from (`models/`). */
export type Architecture =
  | {
      readonly kind: "unet"
      readonly channels: number
      readonly imageSize: number
      readonly imageChannels: number
      readonly time: "none" | "multiply" | "add"
      readonly classes: number
      /** By which factor it enlarges, 2 or more; absent for a network that does not. */
      readonly enlarges?: number
    }
  | {
      readonly kind: "classifier"
      readonly channels: number
      readonly imageSize: number
      readonly imageChannels: number
      readonly classes: number
    }

/** Networks of one architecture: the checkpoints of a training. */
export interface Models {
  readonly type: "Models"
  readonly models: ReadonlyArray<{
    /** Such as `epoch 5`; empty for the only one. */
    readonly label: string
    readonly model: Model
  }>
}

/**
 * A network whose weights stay in the files that they were published in, such as a stage of DeepFloyd IF: what `config.json` says,
 * and which files hold the weights.
 */
export interface Pretrained {
  readonly type: "Pretrained"
  /** What reads it: the networks of `models/deepfloyd/`. */
  readonly kind: "deepfloyd-unet"
  /** Its folder: absolute, or from the project's folder on. */
  readonly folder: string
  /** Which of several sets of weights in the folder, such as `fp16`. */
  readonly variant?: string
  /** The weights' files, by their names in the folder. */
  readonly files: ReadonlyArray<{ readonly name: string; readonly sizeBytes: number }>
  /** SHA-256 over the names and contents of the files: what makes two of them one value or two. */
  readonly content: string
  readonly config: JsonObject
  readonly imageSize: number
  readonly imageChannels: number
  /** Numbers a token of the text that it is told. */
  readonly width: number
  /** Whether it enlarges: it is also given a smaller image of the same content. */
  readonly enlarges: boolean
  readonly range: PixelRange
  readonly prediction: "epsilon"
  readonly schedule: Omit<NoiseSchedule, "type">
}

/** Conditions for a network: one for each prompt. */
export interface Embedding {
  readonly type: "Embedding"
  /** `text`: what an encoder makes of a prompt's tokens; `classes`: one-hot. */
  readonly kind: "text" | "classes"
  /** To the byte as they were written, each once. The empty one stands for no condition. */
  readonly prompts: ReadonlyArray<string>
  /** Classes have one token. */
  readonly shape: readonly [prompts: number, tokens: number, width: number]
  readonly data: Float32Array
  /** Row-major `[prompts, tokens]`, 1 for a token and 0 for padding; text only, where it is known. */
  readonly mask?: Int32Array
}

/**
 * How noise, velocity or the clean image is estimated: a description that samplers compile (`diffusion/estimators/`). Networks,
 * embeddings and images stand beside the tree, which names them by their places.
 */
export interface Estimator {
  readonly type: "Estimator"
  readonly tree: EstimatorTree
  readonly networks: ReadonlyArray<Model | Pretrained>
  readonly embeddings: ReadonlyArray<Embedding>
  /** Small images for networks that enlarge. */
  readonly images: ReadonlyArray<Images>
}

export type EstimatorTree =
  | {
      readonly kind: "network"
      readonly network: number
      /** Absent: it is told nothing, where it can do without. */
      readonly condition?: { readonly embedding: number; readonly prompt: string }
      /** For a network that enlarges; each sample its own image, or all the only one. */
      readonly enlarge?: { readonly images: number; readonly noiseLevel: number }
    }
  /** `u + γ (c - u)`. */
  | {
      readonly kind: "guided"
      readonly unconditional: EstimatorTree
      readonly conditional: EstimatorTree
      readonly gamma: number
    }
  /** The estimate of what the view shows, turned back. */
  | { readonly kind: "viewed"; readonly view: Json; readonly of: EstimatorTree }
  /** A weighted mean; the weights sum to 1. */
  | {
      readonly kind: "average"
      readonly of: ReadonlyArray<EstimatorTree>
      readonly weights: ReadonlyArray<number>
    }
  /** Of each estimate one component; the components sum to the identity. */
  | {
      readonly kind: "components"
      readonly decomposition: JsonObject
      readonly of: ReadonlyArray<EstimatorTree>
    }
  /** The same prediction in other terms. */
  | {
      readonly kind: "converted"
      readonly to: "epsilon" | "sample" | "velocity"
      readonly of: EstimatorTree
    }

/** What a training needs to go on, beside the model: moments of the optimizer, averaged weights. */
export interface TrainingState {
  readonly type: "TrainingState"
  /** Epochs and steps done. */
  readonly epoch: number
  readonly step: number
  readonly tensors: { readonly [name: string]: Weight }
}

/** Numbers measured once (`scalars`) and by row (`series`: step, σ, timestep, …). */
export interface Metrics {
  readonly type: "Metrics"
  readonly scalars: { readonly [name: string]: number }
  readonly series: ReadonlyArray<{ readonly [column: string]: number | string }>
}

export interface Table {
  readonly type: "Table"
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<{ readonly [column: string]: Json }>
}

/** A file for people: it is also laid out under `results/`, by its name. */
export interface File {
  readonly type: "File"
  /** Relative, with forward slashes, such as `noisy.png`. */
  readonly name: string
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** What the file was made of, for reports. */
  readonly meta?: JsonObject
}

export interface ValueOf {
  readonly Image: Image
  readonly Images: Images
  readonly Mask: Mask
  readonly Tensor: Tensor
  readonly NoiseSchedule: NoiseSchedule
  readonly Dataset: Dataset
  readonly Model: Model
  readonly Models: Models
  readonly Pretrained: Pretrained
  readonly Embedding: Embedding
  readonly Estimator: Estimator
  readonly TrainingState: TrainingState
  readonly Metrics: Metrics
  readonly Table: Table
  readonly File: File
}

export type Value = ValueOf[keyof ValueOf]

/** What a port may ask for beside the values themselves: any of several kinds. */
export interface PortValueOf extends ValueOf {
  readonly Network: Model | Pretrained
}
