/** Engines that a look at the machine rules out: nothing is loaded to find that a Mac has no CUDA. */
import { howToInstall } from "../tensorflow/find.ts"
import type { OnnxEngine, TriedEngine } from "./engine.ts"
import type { Finding } from "./finding.ts"
import type { Machine } from "./machine.ts"

type Unusable = Extract<Finding, { readonly usable: false }>

/**
 * @param hardwareOnly whether a driver that computes on the CPU is not what is wanted
 * @returns why the engine cannot be used; undefined: only trying tells
 */
export const ruleOut = (
  name: TriedEngine,
  machine: Machine,
  hardwareOnly: boolean
): Unusable | undefined => {
  if (name === "tensorflow") {
    return machine.tensorflow === undefined ? no("it is not installed", howToInstall) : undefined
  }
  return machine.onnxruntime === undefined
    ? no("onnxruntime-node is not installed", "run `npm install` again")
    : ruleOutProvider[name](machine, hardwareOnly)
}

const ruleOutProvider: Readonly<
  Record<OnnxEngine, (machine: Machine, hardwareOnly: boolean) => Unusable | undefined>
> = {
  cpu: () => undefined,
  cuda: (machine) => ruleOutCuda(machine),
  webgpu: ({ devices, platform }, hardwareOnly) =>
    hardwareOnly && platform === "linux" && devices.length === 0
      ? no("there is no graphics device in /dev/dri and no /dev/nvidia0", webgpuOnLinux)
      : undefined,
  coreml: ({ platform }) => (platform === "darwin" ? undefined : no("it is only on macOS")),
  directml: ({ platform }) => (platform === "win32" ? undefined : no("it is only on Windows"))
}

export const webgpuOnLinux =
  "install the Vulkan loader and your card's Vulkan driver (Debian: libvulkan1, mesa-vulkan-drivers or NVIDIA's driver); docs/gpu.md"

const no = (why: string, how?: string): Unusable => ({
  usable: false,
  why,
  ...(how === undefined ? {} : { how })
})

const ruleOutCuda = ({ arch, devices, onnxruntime, platform }: Machine): Unusable | undefined => {
  if (platform !== "linux" || arch !== "x64") {
    return no("ONNX Runtime's package has it on Linux with x64 processors only")
  }
  const device = devices.some((path) => path.startsWith("/dev/nvidia") || path === "/dev/dxg")
  if (!device) {
    return no(
      "there is no NVIDIA device (/dev/nvidia0)",
      "it needs an NVIDIA GPU and its driver, and in a container the device handed in (`docker run --gpus all`)"
    )
  }
  return onnxruntime?.cudaLibrary === true
    ? undefined
    : no(
        "ONNX Runtime's library for CUDA is not installed",
        "`ONNXRUNTIME_NODE_INSTALL=true npx node node_modules/onnxruntime-node/script/install.js` fetches it; docs/gpu.md"
      )
}
