/** PCI class of a VGA or 3D controller. NVSwitches are bridges (0x0680), the sound function of a card is 0x0403. */
export function isGpuClass(pciClass: string): boolean {
  return /^0x030[02]/.test(pciClass);
}
