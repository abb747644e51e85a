import "@jieda/ui/tokens.css";
import "@jieda/ui/base.css";
import "@jieda/ui/components.css";
import "./app/element";
import "./styles/element.css";
import "./styles/console.css";
import { createApp } from "vue";
import App from "./App.vue";
import { whenSignedOut } from "./api/client";
import { locale, setLocale } from "./app/i18n";
import { applyTheme } from "./app/preferences";
import { router } from "./app/router";
import { forget, isSignedIn, restore } from "./app/session";

applyTheme();
setLocale(locale.value, false);
whenSignedOut(() => {
  if (!isSignedIn()) return;
  forget();
  void router.replace({ name: "login", query: { next: router.currentRoute.value.fullPath } });
});

// Who we are comes first, so that a signed-in reload does not flash the log-in page. If the server
// does not answer, the log-in page says so.
restore()
  .catch(() => undefined)
  .finally(() => createApp(App).use(router).mount("#app"));
