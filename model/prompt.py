"""Messages, tools and pictures to a prompt: token ids, patches and positions."""

from collections.abc import Sequence

import torch

from handrail.model.chat_template import ChatTemplate
from handrail.model.config import ModelConfig
from handrail.model.errors import PromptError, TokenizerError
from handrail.model.messages import ImagePart, Message, ToolSchema, VideoPart
from handrail.model.network import Prompt
from handrail.model.processor import ImageProcessor, PatchedImage
from handrail.model.rope import image_positions, text_positions
from handrail.model.tokenizer import Tokenizer
from handrail.model.video import VideoProcessor

_VIDEO = "<|vision_start|><|video_pad|><|vision_end|>"


class PromptBuilder:
    """Builds prompts for one checkpoint."""

    def __init__(
        self,
        config: ModelConfig,
        processor: ImageProcessor,
        tokenizer: Tokenizer,
        template: ChatTemplate,
        videos: VideoProcessor,
    ) -> None:
        """Join the parts; raises TokenizerError where the tokenizer does not fit the model."""
        if tokenizer.size > config.text.vocab_size:
            raise TokenizerError(
                f"the tokenizer has ids up to {tokenizer.size - 1}, the model only "
                f"{config.text.vocab_size} embeddings: are they of the same model?"
            )
        if not tokenizer.is_control(config.image_token_id):
            raise TokenizerError(
                f"image_token_id {config.image_token_id} of config.json is not a special token "
                "of tokenizer.json"
            )
        self._config = config
        self.processor = processor
        self.tokenizer = tokenizer
        self.template = template
        self.videos = videos

    def build(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema], prefix: str
    ) -> Prompt:
        """Build the prompt of a conversation whose next turn begins with `prefix`.

        Raises PromptError where the messages do not fit the template or the model.
        """
        rendered = self.template.render(messages, tools, self.tokenizer)
        seen = [part for message in messages for part in message.seen]
        rendered, images, kinds = self._cut(rendered, seen)
        ids = self.tokenizer.encode_prompt(rendered + self.tokenizer.shield(prefix))
        places = [i for i in ids if i in (self._config.image_token_id, self._config.video_token_id)]
        if places != kinds:
            raise PromptError(
                f"the chat template made {len(places)} places for {len(kinds)} images: "
                "is it a template for pictures, and for videos?"
            )
        prompt = self._expand(ids, images)
        longest = self._config.text.longest
        if not prompt.token_ids or len(prompt.token_ids) > longest:
            raise PromptError(
                f"a prompt of {len(prompt.token_ids)} tokens is not possible: this model reads "
                f"1..{longest}; show fewer or smaller images"
            )
        return prompt

    def _cut(
        self, rendered: str, seen: Sequence[ImagePart | VideoPart]
    ) -> tuple[str, list[PatchedImage], list[int]]:
        """Cut everything to patches; return them, and the token that stands for each.

        A video's place in the text becomes one for each moment, its time before it.
        """
        images: list[PatchedImage] = []
        kinds: list[int] = []
        text, rest = "", rendered
        for part in seen:
            if isinstance(part, ImagePart):
                images.append(self.processor.patches(part.image))
                kinds.append(self._config.image_token_id)
                continue
            moments = self.videos.moments(part)
            images += [image for _, image in moments]
            kinds += [self._config.video_token_id] * len(moments)
            before, place, rest = rest.partition(_VIDEO)
            if not place:
                raise PromptError("the chat template has no place for a video: is it for videos?")
            text += before + "".join(f"<{second:.1f} seconds>{_VIDEO}" for second, _ in moments)
        return text + rest, images, kinds

    def _expand(self, ids: Sequence[int], images: list[PatchedImage]) -> Prompt:
        """Repeat each image token for its merged blocks and number the positions."""
        token_ids: list[int] = []
        starts: list[int] = []
        parts: list[torch.Tensor] = []
        position = run = 0
        remaining = iter(images)
        for token in ids:
            if token not in (self._config.image_token_id, self._config.video_token_id):
                token_ids.append(token)
                run += 1
                continue
            image = next(remaining)
            grid = image.grid
            starts.append(len(token_ids))
            token_ids += [token] * image.tokens
            parts.append(text_positions(position, run))
            every = image_positions(position + run, grid.token_rows, grid.token_columns)
            parts.append(every if image.kept is None else every[:, image.kept])
            position += run + max(grid.token_rows, grid.token_columns)
            run = 0
        parts.append(text_positions(position, run))
        positions = torch.cat(parts, dim=1)
        return Prompt(token_ids, images, tuple(starts), positions, position + run)
