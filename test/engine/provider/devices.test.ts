import { assert, describe, it } from "vitest"
import { devicesInUse, loadedDrivers, windowsDevice } from "../../../src/engine/provider/devices.ts"

describe("loadedDrivers", () => {
  it("finds the libraries that compute, each once, among all that are mapped", () => {
    const maps = [
      "7f0000000000-7f0000001000 r-xp 00000000 08:01 1 /usr/lib/x86_64-linux-gnu/libc.so.6",
      "7f0000002000-7f0000003000 r--p 00000000 08:01 2 /usr/lib/x86_64-linux-gnu/libvulkan_radeon.so",
      "7f0000003000-7f0000004000 r-xp 00001000 08:01 2 /usr/lib/x86_64-linux-gnu/libvulkan_radeon.so",
      "7f0000005000-7f0000006000 r-xp 00000000 08:01 3 /usr/lib/x86_64-linux-gnu/libvulkan.so.1.3.239",
      "7f0000007000-7f0000008000 r-xp 00000000 08:01 4 /opt/my libs/libcudnn.so.9.10.2",
      "7f0000009000-7f000000a000 r-xp 00000000 08:01 5 /opt/libcudnn_ops.so.9.10.2",
      "7f000000b000-7f000000c000 rw-p 00000000 00:00 0",
      "7f000000d000-7f000000e000 r-xp 00000000 08:01 6 /usr/lib/x86_64-linux-gnu/libcuda.so.570.86.10"
    ].join("\n")
    assert.deepStrictEqual(loadedDrivers(maps), [
      "/usr/lib/x86_64-linux-gnu/libcuda.so.570.86.10",
      "/opt/my libs/libcudnn.so.9.10.2",
      "/usr/lib/x86_64-linux-gnu/libvulkan_radeon.so"
    ])
  })
})

describe("windowsDevice", () => {
  it("names all cards, in an order of its own", () => {
    const text = "NVIDIA GeForce RTX 4070|32.0.15.6094\r\nIntel(R) UHD Graphics|31.0.101.2111\r\n"
    assert.deepStrictEqual(windowsDevice(text), {
      name: "Intel(R) UHD Graphics and NVIDIA GeForce RTX 4070",
      driver: "31.0.101.2111 32.0.15.6094",
      hardware: true
    })
  })
  it("knows a machine without a card", () => {
    assert.isFalse(windowsDevice("Microsoft Basic Display Adapter|10.0.1\r\n").hardware)
    assert.isFalse(windowsDevice("").hardware)
  })
})

describe.skipIf(process.platform !== "linux")("devicesInUse", () => {
  it("finds none in a process that has opened none", () => {
    const { device, files } = devicesInUse()
    assert.deepStrictEqual(device, {
      name: "software",
      driver: "unknown driver",
      hardware: false
    })
    assert.deepStrictEqual(files, [])
  })
})
