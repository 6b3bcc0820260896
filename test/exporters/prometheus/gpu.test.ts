import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../agent/model.ts';
import { prometheusExporter } from '../../../exporters/prometheus.ts';
import { calmReport, HOSTILE, kernelLog, ok, snapshot } from '../fixture.ts';
import { dmonRow, gpu, H200, pci, query, smiProcess, uuid, xid, xids } from '../gpu-fixture.ts';

/** Renders one look after the other; gives the lines about GPUs, without HELP and TYPE. */
function opened() {
  const exporter = prometheusExporter({ version: '0.1.0', processMetrics: false });
  const text = async (readings: Partial<Snapshot>): Promise<string> => {
    await exporter.publish(calmReport({ snapshot: snapshot(readings) }), new AbortController().signal);
    return exporter.render().body.toString();
  };
  const lines = async (readings: Partial<Snapshot>) => (await text(readings)).match(/^railmedic_(gpu|nvswitch|nvidia_smi)_.*$/gm) ?? [];
  return { text, lines };
}

const failed = { status: 'failed', error: new Error('silent') } as const;
const ONE = 'gpu="1",uuid="GPU-3f2b8c1e-0000-4000-8000-000000000001"';

test('an H200 under load, whole', async () => {
  const dmon = ok({ gpus: [dmonRow(1, { sm: 97.5, mem: 7, rxpci: 12, txpci: 0.5 })] });
  const text = await opened().text({ 'nvidia-query': query(gpu(1, H200)), 'nvidia-dmon': dmon });
  const lines = text.split('\n').filter((line) => line.includes('railmedic_gpu_'));
  expect(lines.filter((line) => !line.startsWith('#')).map((line) => line.replace(`{${ONE}}`, ''))).toEqual([
    'railmedic_gpu_clocks_event_reasons 4',
    'railmedic_gpu_ecc_corrected_aggregate_errors_total 12',
    'railmedic_gpu_ecc_corrected_volatile_errors_total 3',
    'railmedic_gpu_ecc_sram_threshold_exceeded 0',
    'railmedic_gpu_ecc_uncorrected_aggregate_errors_total 1',
    'railmedic_gpu_ecc_uncorrected_volatile_errors_total 0',
    'railmedic_gpu_enforced_power_limit_watts 650',
    `railmedic_gpu_info{${ONE},name="NVIDIA H200",pci="0000:11:00.0",driver_version="580.159.04",mig_mode="Disabled"} 1`,
    'railmedic_gpu_memory_clock_hertz 3201000000',
    'railmedic_gpu_memory_clock_max_hertz 3201000000',
    'railmedic_gpu_memory_free_bytes 116178026496',
    'railmedic_gpu_memory_reserved_bytes 643825664',
    'railmedic_gpu_memory_temperature_celsius 40',
    'railmedic_gpu_memory_total_bytes 150754820096',
    'railmedic_gpu_memory_used_bytes 33934016512',
    'railmedic_gpu_memory_utilization_ratio 0.07',
    'railmedic_gpu_pcie_link_generation 5',
    'railmedic_gpu_pcie_link_generation_max 5',
    'railmedic_gpu_pcie_link_width 16',
    'railmedic_gpu_pcie_link_width_max 16',
    'railmedic_gpu_pcie_receive_bytes_per_second 12000000',
    'railmedic_gpu_pcie_transmit_bytes_per_second 500000',
    'railmedic_gpu_performance_state 0',
    'railmedic_gpu_persistence_mode 1',
    'railmedic_gpu_power_limit_watts 700',
    'railmedic_gpu_power_watts 627.4',
    'railmedic_gpu_remapped_rows_correctable 0',
    'railmedic_gpu_remapped_rows_uncorrectable 2',
    'railmedic_gpu_row_remap_failure 0',
    'railmedic_gpu_row_remap_pending 1',
    'railmedic_gpu_sm_clock_hertz 1980000000',
    'railmedic_gpu_sm_clock_max_hertz 1980000000',
    'railmedic_gpu_sm_ratio 0.975',
    'railmedic_gpu_temperature_celsius 52',
    'railmedic_gpu_temperature_margin_celsius 35',
    'railmedic_gpu_throttle_hw_power_brake_slowdown_seconds_total 0',
    'railmedic_gpu_throttle_hw_thermal_slowdown_seconds_total 1.5',
    'railmedic_gpu_throttle_sw_power_cap_seconds_total 204.642816',
    'railmedic_gpu_throttle_sw_thermal_slowdown_seconds_total 0',
    'railmedic_gpu_throttle_sync_boost_seconds_total 0',
    'railmedic_gpu_utilization_ratio 1',
  ]);
  expect(lines.slice(0, 2)).toEqual([
    '# HELP railmedic_gpu_clocks_event_reasons Bit mask of why the clocks are held down now, as in nvml.h and DCGM: clocks_event_reasons.active.',
    '# TYPE railmedic_gpu_clocks_event_reasons gauge',
  ]);
  expect(lines).toContain('# TYPE railmedic_gpu_ecc_corrected_volatile_errors_total counter');
});

describe('what is unknown has no series', () => {
  test.each(['[N/A]', 'N/A', '[Not Supported]', '[Unknown Error]', '[GPU is lost]', '[GPU requires reset]', '[Requested functionality has been deprecated]', 'nonsense'])(
    '%s in every field',
    async (token) => {
      const fields = Object.fromEntries(Object.keys(H200).filter((name) => name !== 'name').map((name) => [name, token]));
      const kept = token === 'nonsense' ? 'nonsense' : '';
      expect(await opened().lines({ 'nvidia-query': query(gpu(1, fields)) })).toEqual([
        `railmedic_gpu_info{${ONE},name="",pci="0000:11:00.0",driver_version="${kept || '580.159.04'}",mig_mode="${kept}"} 1`,
      ]);
    },
  );

  test('an older driver and an older card: other fields for the same thing', async () => {
    const fields = { 'power.draw': '[N/A]', 'power.draw.instant': '250.5', 'pcie.link.gen.current': '3', 'retired_pages.single_bit_ecc.count': '4', 'retired_pages.double_bit.count': '1', 'retired_pages.pending': 'No' };
    expect((await opened().lines({ 'nvidia-query': query(gpu(1, fields)) })).slice(1).map((line) => line.replace(`{${ONE}}`, ''))).toEqual([
      'railmedic_gpu_page_retirement_pending 0',
      'railmedic_gpu_pcie_link_generation 3',
      'railmedic_gpu_power_watts 250.5',
      'railmedic_gpu_retired_pages_double_bit 1',
      'railmedic_gpu_retired_pages_single_bit 4',
    ]);
  });

  test('rows of MIG instances are no GPU', async () => {
    const dmon = ok({ gpus: [dmonRow(1, { sm: 50 }, '1/0'), dmonRow(1, { sm: 60 }, '2/0')] });
    const lines = await opened().lines({ 'nvidia-query': query(gpu(1, { 'mig.mode.current': 'Enabled' })), 'nvidia-dmon': dmon });
    expect(lines).toEqual([`railmedic_gpu_info{${ONE},name="",pci="0000:11:00.0",driver_version="580.159.04",mig_mode="Enabled"} 1`]);
  });
});

describe('GPUs come and go', () => {
  const temperatures = (lines: readonly string[]) => lines.filter((line) => line.startsWith('railmedic_gpu_temperature'));

  test('one that is gone, and a query that failed, leave no series', async () => {
    const { lines, text } = opened();
    const warm = (index: number) => gpu(index, { 'temperature.gpu': '50' });
    expect(temperatures(await lines({ 'nvidia-query': query(warm(0), warm(1)) }))).toHaveLength(2);
    expect(temperatures(await lines({ 'nvidia-query': query(warm(1)) }))).toEqual([`railmedic_gpu_temperature_celsius{${ONE}} 50`]);
    expect(await lines({ 'nvidia-query': failed })).toEqual([]);
    expect(await text({})).not.toContain('railmedic_gpu');
  });

  test('two rows of one GPU are one series; a hostile name is one label value', async () => {
    const row = (temperature: string) => gpu(1, { uuid: HOSTILE, name: HOSTILE, 'temperature.gpu': temperature });
    const lines = await opened().lines({ 'nvidia-query': query(row('50'), row('51')) });
    const hostile = String.raw`a\"b\\c\\u000ad<img src=x>\\u001b[31me\\u009b2J\\u202ef`;
    expect(lines).toEqual([
      `railmedic_gpu_info{gpu="1",uuid="${hostile}",name="${hostile}",pci="0000:11:00.0",driver_version="580.159.04",mig_mode=""} 1`,
      `railmedic_gpu_temperature_celsius{gpu="1",uuid="${hostile}"} 51`,
    ]);
  });
});

describe('Xids', () => {
  const of = (lines: readonly string[]) => lines.filter((line) => /_s?xid_/.test(line));

  test('are counted by GPU, with the time of the newest', async () => {
    const log = xids(xid(1, 31, 800_000), xid(1, 43, 1, '2026-11-23T19:00:00.000Z'));
    expect(of(await opened().lines({ 'nvidia-query': query(gpu(1)), 'kernel-log': log }))).toEqual([
      `railmedic_gpu_xid_last_timestamp_seconds{${ONE},xid="31"} 1795464030.25`,
      `railmedic_gpu_xid_last_timestamp_seconds{${ONE},xid="43"} 1795460400`,
      `railmedic_gpu_xid_total{${ONE},xid="31"} 800000`,
      `railmedic_gpu_xid_total{${ONE},xid="43"} 1`,
    ]);
  });

  test('keep their labels when the GPU is lost, and their counts when the log cannot be read', async () => {
    const { lines } = opened();
    await lines({ 'nvidia-query': query(gpu(1)), 'kernel-log': xids() });
    const counted = [`railmedic_gpu_xid_last_timestamp_seconds{${ONE},xid="79"} 1795464030.25`, `railmedic_gpu_xid_total{${ONE},xid="79"} 1`];
    expect(of(await lines({ 'nvidia-query': query(), 'kernel-log': xids(xid(1, 79, 1)) }))).toEqual(counted);
    expect(of(await lines({ 'nvidia-query': query(gpu(1, { uuid: '[GPU is lost]' })), 'kernel-log': failed }))).toEqual(counted);
    expect(of(await lines({ 'nvidia-query': failed, 'kernel-log': xids() }))).toEqual([]);
  });

  test('of a GPU that nvidia-smi never listed carry what the kernel says of it', async () => {
    const lines = async (fields: Parameters<typeof kernelLog>[0]) => of(await opened().lines({ 'kernel-log': kernelLog(fields) })).slice(-1);
    const total = xid(1, 79, 2);
    expect(await lines({ xidTotals: [total] })).toEqual(['railmedic_gpu_xid_total{gpu="",uuid="0000:11:00.0",xid="79"} 2']);
    expect(await lines({ xidTotals: [{ ...total, uuid: uuid(1) }] })).toEqual([`railmedic_gpu_xid_total{gpu="",uuid="${uuid(1)}",xid="79"} 2`]);
    expect(await lines({ xidTotals: [total], gpuUuids: { [pci(1)]: uuid(1) } })).toEqual([`railmedic_gpu_xid_total{gpu="",uuid="${uuid(1)}",xid="79"} 2`]);
  });

  test('of two GPUs with one name (masked captures) are added up', async () => {
    const totals = [xid(1, 79, 2, '2026-11-23T20:00:00.000Z'), xid(2, 79, 3), xid(3, 79, 4, 'yesterday')].map((total) => ({ ...total, uuid: uuid(0) }));
    expect(of(await opened().lines({ 'kernel-log': kernelLog({ xidTotals: totals }) }))).toEqual([
      `railmedic_gpu_xid_last_timestamp_seconds{gpu="",uuid="${uuid(0)}",xid="79"} 1795464030.25`,
      `railmedic_gpu_xid_total{gpu="",uuid="${uuid(0)}",xid="79"} 9`,
    ]);
  });

  test('SXids add up over looks, each reading once', async () => {
    const { lines } = opened();
    const event = { kind: 'sxid', time: '2026-11-23T20:00:00.000Z', count: 2, text: '', pciAddress: '0000:05:00.0', severity: 'fatal', link: 3, detail: '' } as const;
    const log = (atSeconds: number) => kernelLog({ gpuEvents: [{ ...event, nvswitch: 4, sxid: 20_034 }, { ...event, nvswitch: 5, sxid: 12_028, count: 1 }] }, atSeconds);
    await lines({ 'kernel-log': log(100) });
    await lines({ 'kernel-log': log(100) });
    await lines({ 'kernel-log': log(105) });
    expect(await lines({ 'kernel-log': kernelLog({}, 110) })).toEqual([
      'railmedic_nvswitch_sxid_total{nvswitch="4",sxid="20034"} 4',
      'railmedic_nvswitch_sxid_total{nvswitch="5",sxid="12028"} 2',
    ]);
  });
});

test('nvidia-smi: silence, restarts, and dropped lines counted once a reading', async () => {
  const { lines } = opened();
  const reading = (atSeconds: number) =>
    ok(
      {
        path: '/usr/bin/nvidia-smi',
        tried: [],
        driverVersion: undefined,
        processes: [smiProcess('query', { silentSeconds: 46.5, restarts: 2 }), smiProcess('dmon', { droppedLines: 7 })],
        failure: undefined,
      },
      atSeconds,
    );
  await lines({ 'nvidia-smi': reading(100) });
  await lines({ 'nvidia-smi': reading(100) });
  expect(await lines({ 'nvidia-smi': reading(105) })).toEqual([
    'railmedic_nvidia_smi_dropped_lines_total{process="query"} 0',
    'railmedic_nvidia_smi_dropped_lines_total{process="dmon"} 14',
    'railmedic_nvidia_smi_restarts_total{process="query"} 2',
    'railmedic_nvidia_smi_restarts_total{process="dmon"} 0',
    'railmedic_nvidia_smi_silent_seconds{process="query"} 46.5',
    'railmedic_nvidia_smi_silent_seconds{process="dmon"} 1.5',
  ]);
  expect(await lines({ 'nvidia-smi': failed })).toEqual([]);
});
