"""Messages, tools and pictures to a prompt: token ids, patches and positions."""

from collections.abc import Sequence

import torch

from handrail.model.chat_template import ChatTemplate
from handrail.model.config import ModelConfig
from handrail.model.errors import PromptError, TokenizerError
from handrail.model.messages import Message, ToolSchema
from handrail.model.network import Prompt
from handrail.model.processor import Grid, ImageProcessor
from handrail.model.rope import image_positions, text_positions
from handrail.model.tokenizer import Tokenizer


class PromptBuilder:
    """Builds prompts for one checkpoint."""

    def __init__(
        self,
        config: ModelConfig,
        processor: ImageProcessor,
        tokenizer: Tokenizer,
        template: ChatTemplate,
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
        self._processor = processor
        self._tokenizer = tokenizer
        self._template = template

    def build(
        self, messages: Sequence[Message], tools: Sequence[ToolSchema], prefix: str
    ) -> Prompt:
        """Build the prompt of a conversation whose next turn begins with `prefix`.

        Raises PromptError where the messages do not fit the template or the model.
        """
        rendered = self._template.render(messages, tools, self._tokenizer)
        ids = self._tokenizer.encode_prompt(rendered + self._tokenizer.shield(prefix))
        pictures = [picture for message in messages for picture in message.images]
        marks = ids.count(self._config.image_token_id)
        if marks != len(pictures):
            raise PromptError(
                f"the chat template made {marks} image places for {len(pictures)} images: "
                "is it a template for pictures?"
            )
        images = [self._processor.patches(picture) for picture in pictures]
        prompt = self._expand(ids, [image.grid for image in images])
        longest = self._config.text.longest
        if not prompt[0] or len(prompt[0]) > longest:
            raise PromptError(
                f"a prompt of {len(prompt[0])} tokens is not possible: this model reads "
                f"1..{longest}; show fewer or smaller images"
            )
        return Prompt(prompt[0], images, prompt[1], int(prompt[1].max()) + 1)

    def _expand(self, ids: Sequence[int], grids: Sequence[Grid]) -> tuple[list[int], torch.Tensor]:
        """Repeat each image token for its merged blocks and number the positions."""
        token_ids: list[int] = []
        parts: list[torch.Tensor] = []
        position = run = 0
        remaining = iter(grids)
        for token in ids:
            if token != self._config.image_token_id:
                token_ids.append(token)
                run += 1
                continue
            grid = next(remaining)
            token_ids += [token] * grid.tokens
            parts.append(text_positions(position, run))
            parts.append(image_positions(position + run, grid.token_rows, grid.token_columns))
            position += run + max(grid.token_rows, grid.token_columns)
            run = 0
        parts.append(text_positions(position, run))
        return token_ids, torch.cat(parts, dim=1)
