/** What a kind of GPU says of itself at any time. */
export interface Card {
  readonly name: string;
  readonly pciDevice: string;
  readonly pcieGeneration: 4 | 5;
  readonly watts: number;
  readonly memoryMiB: number;
  readonly reservedMiB: number;
  readonly memoryMegahertz: number;
  readonly smMegahertz: number;
  /** Temperature and distance to the limit add up to it; undefined before Hopper, which does not tell the distance. */
  readonly limitCelsius: number | undefined;
  /** Hopper and later join their NVSwitches by a registration that the driver tells of. */
  readonly hasFabricState: boolean;
}

/** Name and memory as drivers print them, clocks and watts as the data sheet has them; what the driver reserves is invented. */
export const A100: Card = {
  name: 'NVIDIA A100-SXM4-40GB',
  pciDevice: '0x20b0',
  pcieGeneration: 4,
  watts: 400,
  memoryMiB: 40_960,
  reservedMiB: 423,
  memoryMegahertz: 1215,
  smMegahertz: 1410,
  limitCelsius: undefined,
  hasFabricState: false,
};

/** As test/fake-nvidia-smi/captures/h100-590 has it. */
export const H100: Card = {
  name: 'NVIDIA H100 80GB HBM3',
  pciDevice: '0x2330',
  pcieGeneration: 5,
  watts: 700,
  memoryMiB: 81_559,
  reservedMiB: 479,
  memoryMegahertz: 2619,
  smMegahertz: 1980,
  limitCelsius: 85,
  hasFabricState: true,
};

/** As the A100. */
export const B200: Card = {
  name: 'NVIDIA B200',
  pciDevice: '0x2901',
  pcieGeneration: 5,
  watts: 1000,
  memoryMiB: 183_359,
  reservedMiB: 718,
  memoryMegahertz: 3996,
  smMegahertz: 1965,
  limitCelsius: 87,
  hasFabricState: true,
};

/** As test/fake-nvidia-smi/captures/h200-580 has it. */
export const H200: Card = {
  name: 'NVIDIA H200',
  pciDevice: '0x2335',
  pcieGeneration: 5,
  watts: 700,
  memoryMiB: 143_771,
  reservedMiB: 616,
  memoryMegahertz: 3201,
  smMegahertz: 1980,
  limitCelsius: 87,
  hasFabricState: true,
};
