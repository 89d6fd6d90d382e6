/** Where the tests of WebGPU find a driver: a graphics card's, or the one that Debian's chromium brings, which computes on the CPU. */
import { existsSync } from "node:fs"

type Environment = Readonly<Record<string, string>>

const chromium = "/usr/lib/chromium"
const driver = `${chromium}/vk_swiftshader_icd.json`

/**
 * Environment variables with which a process can use WebGPU, or why none are known: the tests then skip themselves. Where
 * WebGPU must be there (`ABLATE_REQUIRE_WEBGPU=1`, as in `npm run test:webgpu`), the system's own driver is tried.
 */
export const webgpuEnvironment = (): Environment | { readonly missing: string } => {
  const { VK_DRIVER_FILES: named, VK_ICD_FILENAMES: namedOfOld } = process.env
  if (named !== undefined || namedOfOld !== undefined || process.platform === "darwin") return {}
  if (process.platform === "linux" && existsSync(driver)) {
    return { LD_LIBRARY_PATH: chromium, VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver }
  }
  if (process.env["ABLATE_REQUIRE_WEBGPU"] === "1") return {}
  return { missing: `no driver in VK_DRIVER_FILES, and no ${driver} (Debian: package chromium)` }
}
