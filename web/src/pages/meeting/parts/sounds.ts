/** Short sounds made on the spot: nothing to load, nothing to license. */

type Note = readonly [hertz: number, at: number, seconds: number];

const TEST_NOTES: readonly Note[] = [
  [523.25, 0, 0.28],
  [659.25, 0.26, 0.28],
  [783.99, 0.52, 0.5],
];
const FLOOR_NOTES: readonly Note[] = [
  [659.25, 0, 0.16],
  [880, 0.15, 0.32],
];

function schedule(context: AudioContext, into: AudioNode, [hertz, at, seconds]: Note): void {
  const oscillator = new OscillatorNode(context, { frequency: hertz, type: "sine" });
  const volume = new GainNode(context, { gain: 0 });
  const start = context.currentTime + 0.05 + at;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.35, start + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, start + seconds);
  oscillator.connect(volume).connect(into);
  oscillator.start(start);
  oscillator.stop(start + seconds);
}

type AudioWithSink = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

async function play(notes: readonly Note[], speaker: string): Promise<void> {
  const context = new AudioContext();
  try {
    await context.resume();
    const out = new MediaStreamAudioDestinationNode(context);
    for (const note of notes) schedule(context, out, note);
    const element: AudioWithSink = new Audio();
    element.srcObject = out.stream;
    // A loudspeaker that was pulled out is no reason for silence: the default one plays.
    if (speaker) await element.setSinkId?.(speaker).catch(() => undefined);
    await element.play();
    const [, at, seconds] = notes[notes.length - 1] ?? [0, 0, 0];
    await new Promise((resolve) => setTimeout(resolve, (at + seconds + 0.3) * 1000));
    element.pause();
  } finally {
    await context.close();
  }
}

function speak(text: string, language: string): Promise<void> {
  const voices = "speechSynthesis" in window ? speechSynthesis.getVoices() : [];
  const voice = voices.find((it) => it.lang.toLowerCase().startsWith(language));
  if (!voice) return Promise.resolve();
  return new Promise((resolve) => {
    const words = new SpeechSynthesisUtterance(text);
    words.voice = voice;
    words.lang = voice.lang;
    words.onend = () => resolve();
    words.onerror = () => resolve();
    speechSynthesis.speak(words);
  });
}

/**
 * Plays three notes to the chosen loudspeaker, then speaks a sentence where the machine has a voice for the language.
 * Voices play to the default loudspeaker only, so another one gets the notes alone.
 */
export async function playTestSound(speaker: string, sentence: string, language: string): Promise<void> {
  await play(TEST_NOTES, speaker);
  if (!speaker) await speak(sentence, language);
}

/** Two notes that say: it is your turn. */
export async function playFloorSound(speaker: string): Promise<void> {
  await play(FLOOR_NOTES, speaker).catch(() => undefined); // The green bar says the same.
}
