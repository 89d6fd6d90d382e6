/**
 * Which device and which driver the libraries in this process compute with. ONNX Runtime tells neither, but the operating
 * system knows which device files a process holds open and which libraries it has loaded.
 */
import { hash } from "node:crypto"
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs"
import { cpus, release } from "node:os"
import { basename } from "node:path"
import type { Device, FoundFile } from "./finding.ts"

export interface DevicesInUse {
  readonly device: Device
  readonly files: ReadonlyArray<FoundFile>
}

/** To be asked while a session on the device is open. */
export const devicesInUse = (): DevicesInUse => {
  if (process.platform === "linux") return onLinux()
  if (process.platform === "win32") return onWindows()
  // Metal and CoreML come with the system, and there is one GPU, named after the chip.
  const name = cpus()[0]?.model ?? process.arch
  return { device: { name, driver: `${process.platform}-${release()}`, hardware: true }, files: [] }
}

const onLinux = (): DevicesInUse => {
  const files = loadedDrivers(readFileSync("/proc/self/maps", "utf8"))
  const open = readdirSync("/proc/self/fd").flatMap(openDevice)
  const names = [...new Set(open.map(deviceName))].toSorted()
  return {
    device: {
      name: names.length === 0 ? "software" : names.join(" and "),
      driver: files.map(versioned).join(" ") || "unknown driver",
      hardware: names.length > 0
    },
    files: files.map(stateOf)
  }
}

/** Vulkan drivers, and the parts of CUDA that compute. */
const driverNames =
  /^lib(?:vulkan_\w+|vk_\w+|GLX_nvidia|nvidia-glvkspirv|amdvlk\d*|cuda|cublas|cublasLt|cudnn|cufft|curand)\.so/

/**
 * @param maps the text of `/proc/self/maps`
 * @returns paths of the drivers that are loaded, each once, by name
 */
export const loadedDrivers = (maps: string): ReadonlyArray<string> => {
  const paths = maps.split("\n").flatMap((line) => /\s(\/\S.*)$/.exec(line)?.[1] ?? [])
  return [...new Set(paths)]
    .filter((path) => driverNames.test(basename(path)))
    .toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1))
}

/** NVIDIA writes the version into the name, `libcudnn.so.9.10.2`; others do not, so their content stands for it. */
const versioned = (path: string): string => {
  const name = basename(path)
  return /\.so\.\d+\.\d/.test(name)
    ? name
    : `${name}@${hash("sha256", readFileSync(path)).slice(0, 8)}`
}

const stateOf = (path: string): FoundFile => {
  const { mtimeMs, size } = statSync(path)
  return { path, sizeBytes: size, modifiedMs: mtimeMs }
}

const openDevice = (descriptor: string): ReadonlyArray<string> => {
  try {
    const path = readlinkSync(`/proc/self/fd/${descriptor}`)
    return /^\/dev\/(?:dri\/(?:renderD|card)\d+|nvidia\d+|dxg|mali\d+|kgsl-3d\d+)$/.test(path)
      ? [path]
      : []
  } catch {
    // The descriptor by which the folder was read.
    return []
  }
}

const deviceName = (path: string): string => {
  const minor = /^\/dev\/nvidia(\d+)$/.exec(path)?.[1]
  return (minor === undefined ? pciName(path) : nvidiaName(minor)) ?? path
}

const nvidiaName = (minor: string): string | undefined => {
  const folder = "/proc/driver/nvidia/gpus"
  for (const bus of names(folder)) {
    const text = textOf(`${folder}/${bus}/information`) ?? ""
    if (new RegExp(`^Device Minor:\\s*${minor}$`, "m").test(text)) {
      return /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim()
    }
  }
  return undefined
}

const vendors: Readonly<Record<string, string>> = {
  "0x1002": "AMD",
  "0x10de": "NVIDIA",
  "0x8086": "Intel"
}

/** Linux keeps no names of devices, only their numbers. */
const pciName = (path: string): string | undefined => {
  const folder = `/sys/class/drm/${basename(path)}/device`
  const [vendor, device] = [textOf(`${folder}/vendor`), textOf(`${folder}/device`)]
  if (vendor === undefined || device === undefined) return undefined
  return `${vendors[vendor.trim()] ?? vendor.trim()} ${device.trim()}`
}

const names = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** All graphics cards, since Windows does not say which one a process uses. */
const onWindows = (): DevicesInUse => {
  const { spawnSync } = process.getBuiltinModule("node:child_process")
  const question =
    "Get-CimInstance Win32_VideoController | ForEach-Object { $_.Name + '|' + $_.DriverVersion }"
  const { stdout } = spawnSync("powershell.exe", ["-NoProfile", "-Command", question], {
    encoding: "utf8",
    timeout: 20_000
  })
  return { device: windowsDevice(stdout), files: [] }
}

/** @param lines `NVIDIA GeForce RTX 4070|32.0.15.6094`, one a card */
export const windowsDevice = (lines: string): Device => {
  const cards = lines
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((line) => line.split("|"))
  return {
    name: cards.map(([name]) => name).join(" and ") || "unknown device",
    driver: cards.map(([, driver]) => driver).join(" ") || "unknown driver",
    // What Windows calls its own driver without a card: it draws on the CPU (WARP).
    hardware: cards.some(([name = ""]) => !name.startsWith("Microsoft "))
  }
}
