// Pictures from the live model: the first at once with few futures, then more, until all are there or something changes.

const PATIENCE = 1500; // milliseconds before asking a server again that does not answer

export function liveSource(listener) {
  let wanted = 0;
  let asking = false;
  let latest = null;

  async function run() {
    asking = true;
    while (latest) {
      const { number, request } = latest;
      latest = null;
      await follow(number, request);
    }
    asking = false;
  }

  // A newer change ends this one after the answer in hand.
  async function follow(number, request) {
    let first = true;
    while (number === wanted) {
      const answer = await ask({ ...request, first });
      if (number !== wanted) return;
      if (answer.picture) {
        listener.drawn(answer.picture, number);
        first = false;
        if (answer.picture.n >= answer.picture.futures) return;
      } else {
        listener.trouble(answer);
        if (answer.error !== "busy" && answer.error !== "lost") return;
        await new Promise((go) => setTimeout(go, PATIENCE));
      }
    }
  }

  return {
    ask(request) {
      wanted += 1;
      latest = { number: wanted, request };
      if (!asking) run();
      return wanted;
    },
  };
}

async function ask(request) {
  try {
    const response = await fetch("picture", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request),
    });
    const told = await response.json();
    return response.ok ? { picture: told } : told;
  } catch {
    return { error: "lost", message: "" };
  }
}
