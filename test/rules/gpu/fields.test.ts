import { describe, expect, it } from 'vitest';

import { evidenceOf, numberField, selector, silence, textField, unanswered, yesNoField } from '../../../rules/gpu/fields.ts';
import { gpu } from '../fixtures.ts';
import { UUID } from './h200.ts';

describe('a field of nvidia-smi', () => {
  it('that is there has a value', () => {
    const card = gpu({ a: 0, b: 'Completed', c: 'No', d: 'YES' });
    expect(numberField(card, 'a')).toEqual({ value: 0 });
    expect(textField(card, 'a')).toEqual({ value: '0' });
    expect(textField(card, 'b')).toEqual({ value: 'Completed' });
    expect(yesNoField(card, 'c')).toEqual({ value: false });
    expect(yesNoField(card, 'd')).toEqual({ value: true });
  });
  it.each(['[N/A]', 'N/A', '[Not Supported]', '[Function Not Found]', '[Requested functionality has been deprecated]'])(
    'that the card does not have is neither zero nor a gap: %s',
    (token) => {
      const answer = numberField(gpu({ a: token }), 'a');
      expect(answer).toEqual({ value: undefined, why: `GPU 3: a says "${token}"`, report: false });
    },
  );
  it('that MIG takes away says so', () => {
    const answer = numberField(gpu({ a: '[N/A]', 'mig.mode.current': 'Enabled' }), 'a');
    expect(answer).toEqual({ value: undefined, why: 'GPU 3: a says "[N/A]" while MIG is on', report: false });
  });
  it.each(['[Unknown Error]', '[Insufficient Permissions]', '[something of a driver to come]'])('that hides a fault is reported: %s', (token) => {
    expect(yesNoField(gpu({ a: token }), 'a')).toEqual({ value: undefined, why: `GPU 3: a says "${token}"`, report: true });
  });
  it.each(['[GPU is lost]', '[GPU requires reset]'])('of which another rule tells is not reported again: %s', (token) => {
    expect(numberField(gpu({ a: token }), 'a')).toEqual({ value: undefined, why: `GPU 3: a says "${token}"`, report: false });
  });
  it('that is not what it should be is reported', () => {
    expect(numberField(gpu({ a: 'soon' }), 'a')).toEqual({ value: undefined, why: 'GPU 3: a says "soon", expected a number', report: true });
    expect(yesNoField(gpu({ a: 'soon' }), 'a')).toEqual({ value: undefined, why: 'GPU 3: a says "soon", expected Yes or No', report: true });
  });
  it('that the driver does not know is no gap', () => {
    expect(numberField(gpu({}), 'a')).toEqual({ value: undefined, why: "GPU 3: this driver's nvidia-smi has no a", report: false });
  });
});

it('the evidence leaves out what is unknown', () => {
  expect(evidenceOf(gpu({ a: 1, b: '[N/A]', c: 'Yes' }), ['a', 'b', 'c', 'd'])).toEqual({
    gpu: 3,
    name: 'NVIDIA H200',
    pciAddress: '0000:83:00.0',
    a: 1,
    c: 'Yes',
  });
});

it('a GPU is typed by its UUID, and by its index where that is no UUID', () => {
  expect(selector(gpu())).toBe(UUID);
  expect(selector(gpu({}, { uuid: '$(reboot)' }))).toBe('3');
  expect(selector(gpu({}, { uuid: '0000:83:00.0' }))).toBe('3');
});

it('silence says whether it is to be reported', () => {
  expect(silence(gpu(), unanswered(gpu(), 'no answer'))).toEqual({ undecided: UUID, why: 'GPU 3: no answer', report: false });
  expect(silence(gpu(), unanswered(gpu(), 'no answer', true))).toEqual({ undecided: UUID, why: 'GPU 3: no answer', report: true });
});
