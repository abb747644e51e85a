import "@jieda/ui/tokens.css";
import "@jieda/ui/base.css";
import "@jieda/ui/components.css";
import "./styles/portal.css";
import "./styles/article.css";
import "./styles/forms.css";
import { createApp } from "vue";
import App from "./App.vue";
import { router } from "./router";

createApp(App).use(router).mount("#app");
