import type { TestSignal } from "~/room/lineTest";

const WIDTH = 640;
const HEIGHT = 360;
const FPS = 20;

/** Draws a picture that costs bits like a room with people: a slow sweep, and noise that no codec can foresee. */
function drawFrame(canvas: CanvasRenderingContext2D, frame: number): void {
  const sweep = canvas.createLinearGradient(0, 0, WIDTH, HEIGHT);
  sweep.addColorStop(0, `hsl(${(frame * 4) % 360} 60% 45%)`);
  sweep.addColorStop(1, `hsl(${(frame * 4 + 120) % 360} 60% 30%)`);
  canvas.fillStyle = sweep;
  canvas.fillRect(0, 0, WIDTH, HEIGHT);
  for (let spot = 0; spot < 120; spot += 1) {
    canvas.fillStyle = `hsl(0 0% ${Math.round(Math.random() * 100)}%)`;
    canvas.fillRect(Math.random() * WIDTH, Math.random() * HEIGHT, 18, 12);
  }
}

/** Makes a moving picture and a tone to measure the line with; the tone is sent, not played. */
export function makeTestSignal(): TestSignal {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const drawing = canvas.getContext("2d");
  let frame = 0;
  const step = () => {
    if (drawing) drawFrame(drawing, frame);
    frame += 1;
  };
  step();
  const timer = setInterval(step, 1000 / FPS);
  const context = new AudioContext();
  void context.resume().catch(() => undefined);
  const out = new MediaStreamAudioDestinationNode(context);
  const oscillator = new OscillatorNode(context, { frequency: 440 });
  oscillator.connect(new GainNode(context, { gain: 0.2 })).connect(out);
  oscillator.start();
  const tracks = [...canvas.captureStream(FPS).getTracks(), ...out.stream.getTracks()];
  return {
    tracks,
    stop: () => {
      clearInterval(timer);
      for (const track of tracks) track.stop();
      void context.close();
    },
  };
}
