/** What was found out about one engine on this machine. Plain JSON: it is kept in a cache. */

export interface Device {
  /** `NVIDIA H200`, or the vendor's and the device's numbers on the bus where no name is known. */
  readonly name: string
  /** The driver and the vendor's libraries that compute, each with its version or a digest of its file. */
  readonly driver: string
  /** False for a driver that computes on the CPU, such as SwiftShader. */
  readonly hardware: boolean
}

/** What decides an engine's bits, apart from what ablate itself is. */
export interface Facts {
  /** Libraries with their versions, `onnxruntime@1.30.0`. */
  readonly libraries: string
  /** Of processes, as Node says it: `x64`, `arm64`. */
  readonly arch: string
  /** Of engines that compute on the CPU: what sets its arithmetic apart from that of other CPUs. */
  readonly cpu?: Cpu
  /** Of engines that compute on a device. */
  readonly device?: Device
}

export interface Cpu {
  /** Channels in a block of ONNX Runtime's own layout: 8 or 16, as its vector registers are wide; 0: it has none. */
  readonly block?: number
  /** Of the bits of some typical operations: processors that round differently differ here. */
  readonly arithmetic: string
}

/** A library that was loaded: when the file changes, so may the bits. */
export interface FoundFile {
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
}

export type Finding =
  | {
      readonly usable: true
      readonly facts: Facts
      /** What the facts were read from; they hold as long as these files are the same. */
      readonly files: ReadonlyArray<FoundFile>
    }
  | {
      readonly usable: false
      /** `no Vulkan driver was found`: goes on from "cuda cannot be used here:". */
      readonly why: string
      /** How to get it; absent where there is no way on this machine. */
      readonly how?: string
    }
