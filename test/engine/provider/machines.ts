/** Machines that these tests do not run on. */
import type { Machine } from "../../../src/engine/provider/machine.ts"

export const linuxBox: Machine = {
  platform: "linux",
  arch: "x64",
  processor: "some model; flags: avx2",
  devices: [],
  vulkanDrivers: [],
  environment: {},
  onnxruntime: { version: "1.30.0", cudaLibrary: false }
}

export const withNvidia: Machine = {
  ...linuxBox,
  devices: ["/dev/nvidia0"],
  nvidia: "570.86.10"
}
