/**
 * The environment variables by which a process finds programs, libraries, drivers and devices. A probe and the workers
 * whose engine it decides must see the same ones.
 */

const general = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH"]

/** Those that may change which device computes, and with which driver. */
export const deviceVariables: ReadonlyArray<string> = [
  "CUDA_VISIBLE_DEVICES",
  "CUDA_DEVICE_ORDER",
  "HIP_VISIBLE_DEVICES",
  // The Vulkan loader's: which drivers there are, and where it looks for them.
  "VK_DRIVER_FILES",
  "VK_ICD_FILENAMES",
  "VK_ADD_DRIVER_FILES",
  "VK_LOADER_DRIVERS_SELECT",
  "VK_LOADER_DRIVERS_DISABLE",
  "XDG_DATA_DIRS",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  // Mesa's: which of several graphics cards.
  "DRI_PRIME",
  "MESA_VK_DEVICE_SELECT"
]

const kept: ReadonlySet<string> = new Set([...general, ...deviceVariables])

export const deviceEnvironment = (
  env: NodeJS.ProcessEnv
): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => kept.has(name.toUpperCase())))
